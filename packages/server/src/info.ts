/**
 * INFO, which is also `/stats`: gathered from every room, in the order of keys that the original has.
 *
 * Note: it costs time for each queue, so callers that ask meanwhile share one text, and `/health` reads only {@link whoAnswers}.
 */
import { formatTime, type Health, type Info } from '@faktory-ts/protocol';
import type { Jobs } from './jobs/jobs.ts';
import type { Settings } from './options.ts';
import { SharedRun } from './shared-run.ts';
import type { Runner } from './tasks/runner.ts';
import type { Listener } from './wire/listener.ts';
import type { Roster } from './workers/roster.ts';

/** The Faktory version whose protocol and rules this server keeps; clients check it. */
const FAKTORY_VERSION = '1.10.0';
const NAME = 'faktory-ts';

export interface Sources {
  readonly settings: Settings;
  readonly jobs: Jobs;
  readonly roster: Roster;
  readonly runner: Runner;
  readonly listener: Listener;
  /** When the server started, by performance.now(). */
  readonly startedAt: number;
  readonly version: string;
}

/** What the rooms of a server tell of all of it. `infoText` is one text for all callers that ask before the text is begun. */
export function figuresOf(sources: () => Sources): {
  info(): Promise<Info>;
  /** INFO as the bytes of its JSON; its state is not older than the call. */
  infoText(): Promise<Uint8Array>;
  whoAnswers(): Health['server'];
} {
  const text = new SharedRun(async () => Buffer.from(JSON.stringify(await makeInfo(sources()))));
  return {
    info: () => makeInfo(sources()),
    infoText: () => text.get(),
    whoAnswers: () => whoAnswers(sources()),
  };
}

/** The figures of `/health`: they cost the same with any number of queues. */
function whoAnswers({
  settings,
  listener,
  version,
}: Sources): Health['server'] & { name: string; version: string } {
  return {
    command_count: listener.commands,
    connections: listener.connections,
    description: settings.description,
    faktory_version: FAKTORY_VERSION,
    name: NAME,
    version,
  };
}

/** What INFO answers now. */
async function makeInfo(sources: Sources): Promise<Info> {
  const { settings, jobs, listener, startedAt, version } = sources;
  const [queues, sizes] = await Promise.all([jobs.engine.queues(), jobs.engine.sizes()]);
  const now = formatTime(jobs.engine.clock());
  const commits = jobs.engine.figures.commits();
  return {
    now,
    server_utc_time: `${now.slice(11, 19)} UTC`,
    faktory: {
      queues: Object.fromEntries(queues.map(({ name, size }) => [name, size])),
      sets: { dead: sizes.dead, retries: sizes.retries, scheduled: sizes.scheduled, working: sizes.working },
      tasks: taskFigures(sources, sizes),
      total_failures: sizes.failures,
      total_processed: sizes.processed,
      total_enqueued: queues.reduce((sum, { size }) => sum + size, 0),
      total_queues: queues.length,
    },
    server: {
      description: settings.description,
      faktory_version: FAKTORY_VERSION,
      uptime: Math.floor((performance.now() - startedAt) / 1000),
      connections: listener.connections,
      command_count: listener.commands,
      used_memory_mb: Math.round(process.memoryUsage.rss() / 1024 / 1024),
      name: NAME,
      version,
      sync: settings.sync,
      dead_limit: settings.deadLimit,
      dead_evicted: jobs.engine.figures.meter.evicted,
      commits: commits.commits,
      committed_operations: commits.operations,
      commit_time_sec: commits.seconds,
    },
  };
}

function taskFigures(
  { roster, runner }: Sources,
  sizes: Record<'scheduled' | 'retries' | 'dead' | 'working', number>,
) {
  const timed = (place: 'scheduled' | 'retries' | 'dead') => {
    const { cycles, moved, seconds } = runner.figures(place);
    return { cycles, enqueued: moved, size: sizes[place], wall_time_sec: seconds };
  };
  return {
    Busy: { reaped: runner.figures('working').moved, size: sizes.working },
    Dead: timed('dead'),
    Retries: timed('retries'),
    Scheduled: timed('scheduled'),
    Workers: { reaped: roster.reaped, size: roster.size },
  };
}
