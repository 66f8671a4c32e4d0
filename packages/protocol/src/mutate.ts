/**
 * Parses MUTATE, and tests whether its filter matches a job.
 *
 * Note: `regexp` is a glob over the job's whole JSON text. An empty filter means every job of the
 * set, as no filter does.
 */

import { FaktoryError } from './errors.ts';
import { checkGlob, globMatcher } from './glob.ts';
import { boundedStringsIn, payloadOf, readPayload, stringIn } from './payload.ts';

const commands = ['clear', 'kill', 'discard', 'requeue'] as const;
const targets = ['scheduled', 'retries', 'dead'] as const;

/**
 * Selects jobs of the set. With `jids` the other two are ignored; `regexp` and `jobtype` must both
 * match.
 */
export interface MutationFilter {
  jids?: readonly string[];
  /** A Redis-style glob over the job's whole JSON text, despite its name. */
  regexp?: string;
  /** Exactly this jobtype. */
  jobtype?: string;
}

/**
 * A MUTATE command. Without a filter it applies to every job of the set; `clear` ignores the
 * filter.
 */
export interface Mutation {
  cmd: (typeof commands)[number];
  target: (typeof targets)[number];
  filter?: MutationFilter;
}

/**
 * Parses the payload of MUTATE. Empty and null parts of the filter are left out, and so is an empty
 * filter. Throws `MALFORMED` for bad JSON or types, `INVALID` for an unknown command or set,
 * `LIMIT` for a `regexp` of more than 1,024 bytes or more than 10,000 jids.
 */
export function parseMutate(rest: string): Mutation {
  const fields = readPayload(rest);
  const cmdText = stringIn(fields, 'cmd');
  const targetText = stringIn(fields, 'target');
  const filter = readFilter(fields.get('filter'));
  const cmd = commands.find((name) => name === cmdText);
  if (cmd === undefined) throw new FaktoryError('INVALID', 'unknown mutate operation');
  const target = targets.find((name) => name === targetText);
  if (target === undefined) throw new FaktoryError('INVALID', 'invalid target for mutation command');
  return filter === undefined ? { cmd, target } : { cmd, target, filter };
}

function readFilter(value: unknown): MutationFilter | undefined {
  if (value === undefined) return undefined;
  const fields = payloadOf(value);
  const jids = boundedStringsIn(fields, 'jids');
  const regexp = stringIn(fields, 'regexp');
  const jobtype = stringIn(fields, 'jobtype');
  const filter: MutationFilter = {};
  if (jids?.length) filter.jids = jids;
  if (regexp) {
    checkGlob(regexp);
    filter.regexp = regexp;
  }
  if (jobtype) filter.jobtype = jobtype;
  return Object.keys(filter).length > 0 ? filter : undefined;
}

/**
 * Builds the test for `regexp` and `jobtype` of a filter; the caller looks up `jids`. `text`
 * returns the job's wire JSON and is called only when the glob needs it. Without a filter every job
 * matches.
 */
export function mutationMatcher(
  filter: MutationFilter | undefined,
): (jobtype: string, text: () => string) => boolean {
  const wanted = filter?.jobtype || undefined;
  const glob = filter?.regexp ? globMatcher(filter.regexp) : undefined;
  return (jobtype, text) =>
    (wanted === undefined || jobtype === wanted) && (glob === undefined || glob(text()));
}
