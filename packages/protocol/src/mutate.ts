/*
 * MUTATE: what to do to which jobs of which set. It must never find jobs itself; it reads the command and
 * gives a test. A stranger would get wrong that `regexp` is a glob over the job's whole JSON text, and that
 * an empty filter, like none, means every job of the set.
 */

import { FaktoryError } from './errors.ts';
import { checkGlob, globMatcher } from './glob.ts';
import { boundedStringsIn, payloadOf, readPayload, stringIn } from './payload.ts';

const commands = ['clear', 'kill', 'discard', 'requeue'] as const;
const targets = ['scheduled', 'retries', 'dead'] as const;

/** Which jobs of the set. `jids` makes the other two void; `regexp` and `jobtype` must both hold. */
export interface MutationFilter {
  jids?: readonly string[];
  /** A Redis-style glob over the whole JSON text of the job, in spite of its name. */
  regexp?: string;
  /** Exactly this jobtype. */
  jobtype?: string;
}

/** One MUTATE. Without a filter it means every job of the set; `clear` ignores the filter. */
export interface Mutation {
  cmd: (typeof commands)[number];
  target: (typeof targets)[number];
  filter?: MutationFilter;
}

/**
 * Reads what follows `MUTATE `. Empty and null parts of the filter are left out, an empty filter too.
 * Throws `MALFORMED` for bad JSON or types, `INVALID` for an unknown command or set, `LIMIT` for a `regexp` of more than 1,024 bytes or
 * more than 10,000 jids.
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
 * The test for a filter of `regexp`, `jobtype` or both (`jids` is for the caller, who can look them up).
 * `text` gives the whole wire JSON of the job and is called only when the glob must see it. No filter passes
 * everything.
 */
export function mutationMatcher(
  filter: MutationFilter | undefined,
): (jobtype: string, text: () => string) => boolean {
  const wanted = filter?.jobtype || undefined;
  const glob = filter?.regexp ? globMatcher(filter.regexp) : undefined;
  return (jobtype, text) =>
    (wanted === undefined || jobtype === wanted) && (glob === undefined || glob(text()));
}
