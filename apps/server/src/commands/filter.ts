/*
 * Which jobs a command means: the flags that all of them share, as the filter of JOBS and CHANGE, and for a classic server as that of
 * MUTATE. It must never make a filter of nothing: who means all says so.
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
    describe: `of ${jobPlaces.join(', ')}; several with commas, as in all lists`,
  },
  queue: { alias: 'q', value: 'QUEUES', describe: 'in these queues' },
  type: { alias: 't', value: 'JOBTYPES', describe: 'of these jobtypes' },
  priority: { value: 'NUMBERS', describe: 'of these priorities' },
  text: { value: 'TEXT', describe: 'with this in the arguments' },
  error: { value: 'TEXT', describe: 'whose last failure has this in its type or message' },
  wid: { value: 'WID', describe: 'run by this worker' },
  from: { value: 'TIME', describe: 'due not before, 2026-11-25T16:00:00Z or 15m, --from=-3d from now' },
  until: { value: 'TIME', describe: 'due before; of ready jobs enqueued, of working ones begun' },
  'failed-from': {
    value: 'TIME',
    describe: 'of retries and dead: failed last not before, such as --failed-from=-1h',
  },
  'failed-until': { value: 'TIME', describe: 'of retries and dead: failed last before' },
} satisfies Record<string, Flag>;

export type FilterFlag = keyof typeof filterFlags;

const times = [
  ['from', 'from'],
  ['until', 'until'],
  ['failed-from', 'failed_from'],
  ['failed-until', 'failed_until'],
] as const;

/** The filter that was typed; `usual` are the places when none are. Throws CONFIG. */
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
      throw new FaktoryError('CONFIG', `--place knows ${jobPlaces.join(', ')}, not "${name}"`);
    return place;
  });
}

/** Whether anything but the places was typed. */
export function isPicky({ places: _, ...rest }: JobFilter): boolean {
  return Object.keys(rest).length > 0;
}

const plurals: Readonly<Record<string, FilterFlag>> = { queues: 'queue', priorities: 'priority' };

/** A member of the filter as its flag, which is what was typed. */
const flagOf = (name: string): string => `--${plurals[name] ?? name.replace('_', '-')}`;

/** The same for MUTATE, which a classic server has. Throws UNKNOWN_COMMAND for what it has not. */
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
      `this server speaks Faktory's classic protocol only, which cannot pick jobs by ${what}`,
    );
  }
  if (jids) return { jids };
  if (jobtype === undefined && text === undefined) return undefined;
  return { ...(jobtype && { jobtype }), ...(text && { regexp: containing(text) }) };
}
