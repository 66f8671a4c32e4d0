/**
 * `faktory workers`, `quiet` and `stop`: lists the workers and their jobs, and sends them signals.
 *
 * Note: a worker gets a signal with the answer to its next beat, some seconds later.
 */
import { FaktoryError, type WorkerStatus, type WorkersStatus } from '@faktory-ts/protocol';
import { agreed, yesFlag } from './asking.ts';
import { type Call, command } from './command.ts';
import { serverFlags, withServer } from './connect.ts';
import { table } from './table.ts';
import { counted, fromNow, jsonText } from './words.ts';

export const workers = command({
  name: 'workers',
  synopsis: '',
  describe: 'lists the workers: state, memory, last beat, and their running jobs',
  flags: { ...serverFlags, json: { describe: 'print them as JSON' } },
  async run(call) {
    const { terminal } = call;
    const all = await withServer(call, (server) => server.workers());
    if (call.on('json')) terminal.print(jsonText(all, 2));
    else if (all.workers.length + all.others.length === 0) terminal.note('no workers are connected');
    else terminal.print(`${workerTable(call, all.workers)}\n\n${runningTable(call, all)}`);
  },
});

/** One row for each worker. */
export function workerTable({ terminal }: Call, all: readonly WorkerStatus[]): string {
  const now = Date.now();
  const rows = all.map((worker) => [
    worker.wid,
    `${worker.hostname}:${worker.pid}`,
    worker.state,
    worker.jobs.length,
    worker.rss_kb > 0 ? `${Math.round(worker.rss_kb / 1024)} MB` : '',
    worker.lag_ms > 0 ? `${Math.round(worker.lag_ms)} ms` : '',
    fromNow(worker.last_beat, now),
    fromNow(worker.started_at, now),
    worker.labels.join(','),
  ]);
  return table(
    terminal,
    ['WID', 'PROCESS', 'STATE', 'JOBS', 'MEMORY', 'LAG', 'BEAT', 'STARTED', 'LABELS'],
    rows,
  );
}

/** One row for each running job. */
export function runningTable(
  { terminal }: Call,
  { workers: all, others }: WorkersStatus,
  most = 1000,
): string {
  const now = Date.now();
  const jobs = [...all.flatMap((worker) => worker.jobs), ...others];
  const rows = jobs
    .sort((a, b) => (a.started_at < b.started_at ? -1 : 1))
    .slice(0, most)
    .map(({ jid, jobtype, queue, wid, started_at }) => [jid, jobtype, queue, wid, fromNow(started_at, now)]);
  return table(terminal, ['RUNNING', 'JOBTYPE', 'QUEUE', 'WID', 'STARTED'], rows);
}

export const quiet = signalling('quiet', 'quiet', 'tells workers to finish their jobs and fetch no more');
export const stop = signalling('stop', 'terminate', 'tells workers to finish their jobs and end');

function signalling(name: string, state: 'quiet' | 'terminate', describe: string) {
  return command({
    name,
    synopsis: 'WID… | --all',
    describe,
    flags: {
      ...serverFlags,
      all: { describe: 'all workers' },
      ...yesFlag,
      json: { describe: 'print the result as JSON' },
    },
    words: [0, 1000],
    ids: 'a WID',
    more: 'Workers get the signal with their next beat, within about 15 seconds. It cannot be undone; restart such workers.',
    async run(call) {
      const { words, terminal } = call;
      if (words.length === 0 && !call.on('all'))
        throw new FaktoryError('CONFIG', 'name the workers, or use --all');
      await withServer(call, async (server) => {
        const known = (await server.workers()).workers.map(({ wid }) => wid);
        const unknown = words.find((wid) => !known.includes(wid));
        if (unknown !== undefined)
          throw new FaktoryError('NOT_FOUND', `unknown worker ${unknown}; see faktory workers`);
        const count = words.length || known.length;
        if (count > 1 && !(await agreed(call, `${name} ${counted(count, 'worker')}?`))) return;
        let told = 0;
        for (const wid of words.length > 0 ? words : ['all']) told += await server.signal(wid, state);
        terminal.print(
          call.on('json') ? jsonText({ signalled: told }) : `${counted(told, 'worker')} signalled`,
        );
      });
    },
  });
}
