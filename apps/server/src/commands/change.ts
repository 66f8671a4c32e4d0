/**
 * `faktory retry | kill | discard | schedule | move | prioritize`: changes jobs that a filter or
 * jids select. Each command counts the jobs first and asks. All jobs are changed only with --all.
 */
import {
  FaktoryError,
  type JobAction,
  type JobFilter,
  type JobPlace,
  jobPlaces,
  type Mutation,
} from '@faktory-ts/protocol';
import { agreed, yesFlag } from './asking.ts';
import { type Call, type Command, command, type Flag } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import { classicFilter, type FilterFlag, filterFlags, filterOf, isPicky } from './filter.ts';
import { progressOf } from './jobs.ts';
import type { Operator } from './operator.ts';
import { counted, jsonText, queueNamed, readNumber, readTime, thousands } from './words.ts';

type Names = FilterFlag | ServerFlag | 'all' | 'yes' | 'json';

interface Change<Own extends string> {
  readonly name: string;
  readonly describe: string;
  /** Where to look when no place is typed. */
  readonly places: readonly JobPlace[];
  /** What was done to the jobs, for the output. */
  readonly done: string;
  /** The command of MUTATE; undefined: MUTATE cannot do it. */
  readonly classic: Mutation['cmd'] | undefined;
  readonly flags: Readonly<Record<Own, Flag>>;
  /**
   * Finds what else the change would do, and returns it for the question; throws when that needs a
   * flag. `most`: upper limit of the jobs.
   */
  readonly besides?: (call: Call<Own>, server: Operator, filter: JobFilter, most?: number) => Promise<string>;
  readonly action: (call: Call<Own>) => JobAction;
}

type Asking = Pick<Change<string>, 'name' | 'classic' | 'done'> & {
  readonly besides: (most?: number) => Promise<string>;
};

function change<const Own extends string>(made: Change<Own>): Command {
  const { name, describe, places, flags, action } = made;
  const shared = {
    ...serverFlags,
    ...filterFlags,
    all: { describe: 'all jobs of the places' },
    ...yesFlag,
    json: { describe: 'print the result as JSON' },
  } satisfies Record<Names, Flag>;
  return command<Names | Own>({
    name,
    synopsis: '[JID…]',
    describe,
    flags: { ...shared, ...flags },
    words: [0, 1000],
    ids: 'a JID',
    more: `Default places: ${places.join(', ')}; --place names others. Counts the jobs and asks first; use --yes in scripts.`,
    async run(call) {
      const filter = filterOf(call as Call<Names>, call.words, places);
      if (!isPicky(filter) && !call.on('all'))
        throw new FaktoryError(
          'CONFIG',
          `name the jobs: JIDs, filter flags, or --all; see faktory ${name} --help`,
        );
      const asked = action(call as Call<Own>);
      await withServer(call as Call<Names>, async (server) => {
        const besides = async (most?: number) =>
          (await made.besides?.(call as Call<Own>, server, filter, most)) ?? '';
        const asking = { ...made, besides };
        if (await server.extended()) await changeAll(call as Call<Names>, server, filter, asked, asking);
        else await changeClassic(call as Call<Names>, server, filter, asking);
      });
    },
  });
}

async function changeAll(
  call: Call<Names>,
  server: Operator,
  filter: JobFilter,
  action: JobAction,
  { name, done, besides }: Asking,
): Promise<void> {
  const progress = progressOf(call);
  const count = await server.count(filter, progress.onward);
  progress.done();
  const what = `${name} ${counted(count, 'job')} of ${filter.places?.join(', ')}`;
  if (count > 0 && !(await agreed(call, `${what}${await besides()}?`))) return;
  const missing = await missingOf(server, filter);
  const changed = count === 0 ? 0 : await server.change({ ...filter, ...action }, progress.onward);
  progress.done();
  const none = count === 0 && missing.length === 0 ? noneIn(call, filter) : undefined;
  const text = `${counted(changed, 'job')} ${done}${none === undefined ? '' : `: ${none}`}`;
  call.terminal.print(call.on('json') ? jsonText({ changed }) : text);
  // A script reads the JSON; a person who looks at the script's errors learns why nothing matched.
  if (call.on('json') && none !== undefined) call.terminal.note(text);
  if (missing.length > 0) {
    const where = `in ${filter.places?.join(', ')}${picks(filter) ? ' that match the flags' : ''}`;
    throw new FaktoryError(
      'NOT_FOUND',
      `there is no job ${missing.join(', ')} ${where}; ${elsewhere(call)}see faktory jobs show JID`,
    );
  }
}

/** Says where no job was found, and how to look in other places. */
function noneIn(call: Call<Names>, filter: JobFilter): string {
  const places = filter.places ?? [];
  const others = jobPlaces.filter((place) => !places.includes(place));
  const picked = picks(filter) ? ' that matches the flags' : '';
  const hint =
    call.value('place') === undefined ? `; name other places with --place: ${others.join(', ')}` : '';
  return `no job is in ${places.join(', ')}${picked}${hint}`;
}

const elsewhere = (call: Call<Names>): string =>
  call.value('place') === undefined ? 'name other places with --place, or ' : '';

/** Whether flags select some of the jobs of the places. */
const picks = ({ jids: _, ...rest }: JobFilter): boolean => isPicky(rest);

/** The typed jids without a job. */
async function missingOf(server: Operator, filter: JobFilter): Promise<string[]> {
  const { jids = [] } = filter;
  const seen = new Set<string>();
  if (jids.length === 0) return [];
  // A client may push a jid twice.
  for await (const { found } of server.find(filter, 10 * jids.length, () => undefined))
    seen.add(found.job.jid);
  return jids.filter((jid) => !seen.has(jid));
}

/** Changes jobs by MUTATE, set by set; the server does not return how many. */
async function changeClassic(
  call: Call<Names>,
  server: Operator,
  filter: JobFilter,
  { name, classic, done, besides }: Asking,
): Promise<void> {
  const picked = classicFilter(filter);
  const sets = (filter.places ?? []).filter((place) => place !== 'ready' && place !== 'working');
  if (classic === undefined || sets.length < (call.value('place')?.split(',').length ?? 1)) {
    const what = classic === undefined ? name : `${name} jobs of ${filter.places?.join(', ')}`;
    throw new FaktoryError(
      'UNKNOWN_COMMAND',
      `this server has only Faktory's classic protocol, which cannot ${what}; it can retry, kill and discard jobs of scheduled, retries and dead`,
    );
  }
  const { faktory } = await server.info();
  const sizes = sets.map((set) => `${set} (${counted(faktory.sets[set], 'job')})`).join(', ');
  const which = picked ? 'the jobs that match in' : 'all of';
  const most = sets.reduce((sum, set) => sum + (set === 'dead' ? 0 : faktory.sets[set]), 0);
  if (!(await agreed(call, `${name} ${which} ${sizes}${await besides(most)}?`))) return;
  for (const target of sets) await server.mutate({ cmd: classic, target, ...(picked && { filter: picked }) });
  call.terminal.print(
    call.on('json') ? jsonText({ changed: null }) : `jobs ${done}; this server does not report how many`,
  );
}

export const retry = change({
  name: 'retry',
  describe: 'puts jobs into their queues now',
  places: ['retries', 'dead'],
  done: 'put back into the queue',
  classic: 'requeue',
  flags: {},
  action: () => ({ action: 'requeue' }),
});

export const kill = change({
  name: 'kill',
  describe: 'moves jobs to dead, where the newest 10,000 (--dead-limit of the server) are kept for 180 days',
  places: ['retries', 'scheduled'],
  done: 'moved to dead',
  classic: 'kill',
  flags: {
    evict: { describe: 'kill even when dead is full; its oldest jobs are then deleted for good' },
  },
  action: (call) => ({ action: 'kill', ...(call.on('evict') && { evict: true }) }),
  besides: evicted,
});

export const discard = change({
  name: 'discard',
  describe: 'deletes jobs for good',
  places: ['ready', 'scheduled', 'retries', 'dead'],
  done: 'discarded',
  classic: 'discard',
  flags: {},
  action: () => ({ action: 'discard' }),
});

export const schedule = change({
  name: 'schedule',
  describe: 'changes the time when jobs are due',
  places: ['scheduled', 'retries'],
  done: 'scheduled',
  classic: undefined,
  flags: { at: { value: 'TIME', describe: 'when: 2026-11-25T16:00:00Z, or 15m, 2h, 3d from now' } },
  action: (call) => ({ action: 'schedule', at: readTime('at', needed(call.value('at'), 'at')) }),
});

export const move = change({
  name: 'move',
  describe: 'moves jobs to another queue',
  places: ['ready', 'scheduled', 'retries', 'dead'],
  done: 'moved',
  classic: undefined,
  flags: { to: { value: 'QUEUE', describe: 'the queue' } },
  action: (call) => ({ action: 'move', queue: queueNamed('to', needed(call.value('to'), 'to')) }),
});

export const prioritize = change({
  name: 'prioritize',
  describe: 'changes the priority of jobs',
  places: ['ready', 'scheduled', 'retries', 'dead'],
  done: 'changed',
  classic: undefined,
  flags: { to: { value: 'NUMBER', describe: '1 to 9; 9 is handed out first' } },
  action: (call) => ({
    action: 'prioritize',
    priority: readNumber('to', needed(call.value('to'), 'to'), 1, 9),
  }),
});

function needed(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new FaktoryError('CONFIG', `--${flag} is missing`);
}

/**
 * Describes what a kill deletes besides what it moves. Throws INVALID when that was not allowed.
 */
async function evicted(
  call: Call<'evict'>,
  server: Operator,
  filter: JobFilter,
  most?: number,
): Promise<string> {
  const { faktory, server: about } = await server.info();
  const limit = about.dead_limit ?? 0; // a classic Faktory does not report it
  if (limit === 0) return '';
  const places = (filter.places ?? []).filter((place) => place !== 'dead' && place !== 'working');
  if (places.length === 0) return '';
  const killed = most ?? (await server.count({ ...filter, places }, () => undefined));
  const excess = faktory.sets.dead + killed - limit;
  if (excess <= 0) return '';
  const oldest = `${most === undefined ? '' : 'up to '}${counted(excess, 'dead job')}`;
  if (call.on('evict')) return ` and delete ${oldest}, the oldest, for good`;
  const room = `dead has ${thousands(faktory.sets.dead)} of at most ${counted(limit, 'job')}`;
  throw new FaktoryError(
    'INVALID',
    `${room}: to kill ${counted(killed, 'job')} more would delete ${oldest}, the oldest, for good; kill fewer, discard dead jobs, raise --dead-limit of the server, or use --evict`,
  );
}
