/**
 * The filter flags that all commands share, as the filter of JOBS and CHANGE, and for a classic
 * server as the filter of MUTATE. Without flags there is no filter: all jobs need an explicit flag.
 */
import { containing } from '@faktory-ts/client';
import {
  FaktoryError,
  type JobFilter,
  type JobPlace,
  jobPlaces,
  type MutationFilter,
} from '@faktory-ts/protocol';
import type { Call, Flag } from './command.ts';
import { listOf, readNumber, readTime } from './words.ts';

export const filterFlags = {
  place: {
    alias: 'p',
    value: 'PLACES',
    describe: `in these places: ${jobPlaces.join(', ')}; commas between several, as in all lists`,
  },
  queue: { alias: 'q', value: 'QUEUES', describe: 'in these queues' },
  type: { alias: 't', value: 'JOBTYPES', describe: 'of these jobtypes' },
  priority: { value: 'NUMBERS', describe: 'of these priorities' },
  text: { value: 'TEXT', describe: 'with this in the arguments' },
  error: { value: 'TEXT', describe: 'whose last failure has this in its type or message' },
  wid: { value: 'WID', describe: 'run by this worker' },
  from: {
    value: 'TIME',
    describe: 'due at or after this time: 2026-11-25T16:00:00Z, 15m from now, or --from=-3d',
  },
  until: {
    value: 'TIME',
    describe: 'due before this time; for ready jobs: enqueued, for working jobs: started',
  },
  'failed-from': {
    value: 'TIME',
    describe: 'for retries and dead: last failed at or after this time, such as --failed-from=-1h',
  },
  'failed-until': { value: 'TIME', describe: 'for retries and dead: last failed before this time' },
} satisfies Record<string, Flag>;

export type FilterFlag = keyof typeof filterFlags;

const times = [
  ['from', 'from'],
  ['until', 'until'],
  ['failed-from', 'failed_from'],
  ['failed-until', 'failed_until'],
] as const;

/** The typed filter; `usual` are the default places. Throws CONFIG. */
export function filterOf(
  call: Call<FilterFlag>,
  jids: readonly string[],
  usual: readonly JobPlace[],
): JobFilter {
  const filter: JobFilter = { places: places(call.value('place')) ?? usual };
  const [queues, jobtypes, priorities] = [
    call.value('queue'),
    call.value('type'),
    call.value('priority'),
  ].map(listOf);
  if (queues) filter.queues = queues;
  if (jobtypes) filter.jobtypes = jobtypes;
  if (priorities) filter.priorities = priorities.map((text) => readNumber('priority', text, 1, 9));
  if (jids.length > 0) filter.jids = jids;
  for (const name of ['text', 'error', 'wid'] as const) {
    const text = call.value(name);
    if (text !== undefined) filter[name] = text;
  }
  for (const [flag, name] of times) {
    const text = call.value(flag);
    if (text !== undefined) filter[name] = readTime(flag, text);
  }
  return filter;
}

function places(text: string | undefined): JobPlace[] | undefined {
  return text?.split(',').map((name) => {
    const place = jobPlaces.find((known) => known === name);
    if (place === undefined)
      throw new FaktoryError('CONFIG', `--place "${name}" is unknown; use ${jobPlaces.join(', ')}`);
    return place;
  });
}

/** Whether the filter has more than places. */
export function isPicky({ places: _, ...rest }: JobFilter): boolean {
  return Object.keys(rest).length > 0;
}

const plurals: Readonly<Record<string, FilterFlag>> = { queues: 'queue', priorities: 'priority' };

/** The flag of a member of the filter. */
const flagOf = (name: string): string => `--${plurals[name] ?? name.replace('_', '-')}`;

/**
 * The filter for MUTATE on a classic server. Throws UNKNOWN_COMMAND for conditions that MUTATE does
 * not have.
 */
export function classicFilter({
  places: _,
  jids,
  jobtypes,
  text,
  ...rest
}: JobFilter): MutationFilter | undefined {
  const [jobtype, another] = jobtypes ?? [];
  const [unknown] = [...Object.keys(rest).map(flagOf), ...(another ? ['several jobtypes'] : [])];
  if (unknown !== undefined || (jids && (jobtype ?? text) !== undefined)) {
    const what = unknown ?? 'jids together with other conditions';
    throw new FaktoryError(
      'UNKNOWN_COMMAND',
      `this server has only Faktory's classic protocol, which cannot select jobs by ${what}`,
    );
  }
  if (jids) return { jids };
  if (jobtype === undefined && text === undefined) return undefined;
  return { ...(jobtype && { jobtype }), ...(text && { regexp: containing(text) }) };
}
