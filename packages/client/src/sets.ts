/**
 * The scheduled, retries and dead sets, and the changes of their jobs.
 *
 * Note: an empty filter means every job to the server, so this class refuses it; only the word
 * 'all' selects the whole set. `regexp` is a glob over the job's whole JSON text.
 */

import { FaktoryError, type Mutation, type MutationFilter } from '@faktory-ts/protocol';
import type { CallOptions } from './call.ts';
import { checkKnown } from './known-options.ts';

/**
 * Selects jobs of a set: these jids; or one jobtype, a glob over the job's JSON text (see {@link
 * containing}), or both.
 */
export type SetFilter<Jobtype extends string = string> =
  | { jids: readonly string[]; jobtype?: never; regexp?: never }
  | { jobtype: Jobtype; regexp?: string; jids?: never }
  | { regexp: string; jobtype?: never; jids?: never };

/**
 * One of the sets. A call with very many jids becomes several commands.
 *
 * @example
 * ```ts
 * const client = new Client<{ SendEmail: [to: string] }>();
 * await client.retries.kill({ jobtype: 'SendEmail', regexp: containing('@example.com') });
 * await client.dead.requeue({ jids: ['jid-0123456789'] });
 * await client.scheduled.discard('all');
 * ```
 */
export class JobSet<Jobtype extends string = string> {
  readonly #set: Mutation['target'];
  readonly #mutate: (mutation: Mutation, options?: CallOptions) => Promise<void>;

  constructor(set: Mutation['target'], mutate: (mutation: Mutation, options?: CallOptions) => Promise<void>) {
    this.#set = set;
    this.#mutate = mutate;
  }

  /**
   * Moves the jobs to their queues now. Jobs that are no longer in the set are skipped; an empty
   * list of jids does nothing.
   *
   * @throws FaktoryError `INVALID` for an empty filter.
   */
  requeue(which: SetFilter<Jobtype> | 'all', options?: CallOptions): Promise<void> {
    return this.#change('requeue', which, options);
  }

  /** Moves the jobs to the dead set. @throws as {@link JobSet.requeue}. */
  kill(which: SetFilter<Jobtype> | 'all', options?: CallOptions): Promise<void> {
    return this.#change('kill', which, options);
  }

  /** Deletes the jobs. @throws as {@link JobSet.requeue}. */
  discard(which: SetFilter<Jobtype> | 'all', options?: CallOptions): Promise<void> {
    return this.#change('discard', which, options);
  }

  /** Deletes every job of the set. */
  clear(options?: CallOptions): Promise<void> {
    return this.#mutate({ cmd: 'clear', target: this.#set }, options);
  }

  async #change(cmd: Mutation['cmd'], which: MutationFilter | 'all', options?: CallOptions): Promise<void> {
    if (which === 'all') return this.#mutate({ cmd, target: this.#set }, options);
    checkKnown('filter', which, ['jids', 'jobtype', 'regexp'], 'INVALID');
    const { jids, jobtype, regexp } = which;
    checkJids(jids);
    if (jids?.length === 0) return;
    if (jids !== undefined && (jobtype !== undefined || regexp !== undefined))
      throw new FaktoryError('INVALID', 'a filter has either jids or other conditions, not both');
    // An empty condition would match more jobs than intended.
    if (jids === undefined && ((!jobtype && !regexp) || jobtype === '' || regexp === ''))
      throw new FaktoryError(
        'INVALID',
        `${cmd} needs jids, a jobtype or a regexp; for the whole set say 'all'`,
      );
    const filter: MutationFilter = {
      ...(jids && { jids }),
      ...(jobtype !== undefined && { jobtype }),
      ...(regexp !== undefined && { regexp }),
    };
    for (const some of parts(jids)) {
      const named = some && { jids: some };
      await this.#mutate({ cmd, target: this.#set, filter: { ...filter, ...named } }, options);
    }
  }
}

function checkJids(jids: unknown): void {
  if (jids === undefined || (Array.isArray(jids) && jids.every((jid) => typeof jid === 'string'))) return;
  throw new FaktoryError('INVALID', 'jids must be a list of texts');
}

const longest = 500_000; // characters of jids in one line: the server accepts a megabyte
const mostJids = 10_000; // in one line; the server refuses more

/** The jids in parts that fit into a line; one part without jids. */
function parts(jids: readonly string[] | undefined): (readonly string[] | undefined)[] {
  if (jids === undefined) return [undefined];
  const cut: string[][] = [[]];
  let length = 0;
  for (const jid of jids) {
    length += jid.length + 3;
    if (length > longest || cut.at(-1)?.length === mostJids) {
      cut.push([]);
      length = jid.length + 3;
    }
    cut.at(-1)?.push(jid);
  }
  return cut;
}

/**
 * The glob for jobs whose JSON text contains this text, with any characters. A quote inside a
 * string is written as `\\"` there.
 *
 * @throws FaktoryError `INVALID` for the empty text, which every job contains.
 * @example
 * ```ts
 * containing('50% *off*'); // '*50% \\*off\\**'
 * ```
 */
export function containing(text: string): string {
  if (typeof text !== 'string') throw new FaktoryError('INVALID', `containing() needs a text, not ${text}`);
  if (text === '') throw new FaktoryError('INVALID', 'every job contains the empty text');
  return `*${text.replace(/[*?[\]\\]/g, '\\$&')}*`;
}
