/**
 * `faktory queues` and `faktory queue`: lists queues, and pauses, resumes, clears and removes them.
 */
import { FaktoryError, type QueueStatus } from '@faktory-ts/protocol';
import { agreed, yesFlag } from './asking.ts';
import { type Call, command } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import { progressOf } from './jobs.ts';
import type { Operator } from './operator.ts';
import { table } from './table.ts';
import { counted, jsonText, plain, span } from './words.ts';

export const queues = command({
  name: 'queues',
  synopsis: '',
  describe: 'lists the queues: waiting jobs, waiting time, paused or not',
  flags: { ...serverFlags, json: { describe: 'print them as JSON' } },
  async run(call) {
    const all = await withServer(call, queuesOf);
    if (call.on('json')) {
      call.terminal.print(jsonText(all, 2));
      return;
    }
    call.terminal.print(queueTable(call, all));
  },
});

/** A classic server does not report what is paused. */
export type KnownQueue = Omit<QueueStatus, 'paused'> & Partial<Pick<QueueStatus, 'paused'>>;

/** The queues of any server. */
export async function queuesOf(server: Operator): Promise<KnownQueue[]> {
  if (await server.extended()) return server.queues();
  const { queues: sizes } = (await server.info()).faktory;
  const latency = Object.keys(sizes).length > 0 ? await server.latency(Object.keys(sizes)) : {};
  return Object.entries(sizes).map(([name, size]) => ({ name, size, latency: latency[name] ?? 0 }));
}

/** The queues as a table. */
export function queueTable({ terminal }: Call, all: readonly KnownQueue[]): string {
  const rows = all.map(({ name, size, latency, paused }) => [
    name,
    size,
    size > 0 ? span(latency) : '',
    paused ? 'paused' : '',
  ]);
  return table(terminal, ['QUEUE', 'JOBS', 'WAITING', ''], rows);
}

type Names = ServerFlag | 'yes' | 'all' | 'json';

export const queue = command<Names>({
  name: 'queue',
  synopsis: 'pause|resume|clear|remove|latency NAME…',
  describe: 'pauses, resumes, clears or removes queues, or prints how long their jobs wait',
  flags: {
    ...serverFlags,
    all: { describe: 'all queues that exist now' },
    ...yesFlag,
    json: { describe: 'print the result as JSON' },
  },
  words: [1, 1000],
  ids: 'a name',
  more: `pause    workers get none of its jobs; pushes are accepted
resume   workers get its jobs again
clear    discards the waiting jobs; the queue stays, paused or not
remove   like clear, and the queue is no longer listed
latency  seconds that the oldest job has waited

clear and remove count the jobs and ask first; use --yes in scripts.`,
  async run(call) {
    const [what = '', ...names] = call.words;
    if (!['pause', 'resume', 'clear', 'remove', 'latency'].includes(what))
      throw new FaktoryError('CONFIG', `"${what}" is unknown; use pause, resume, clear, remove or latency`);
    if (names.length === 0 && !call.on('all'))
      throw new FaktoryError('CONFIG', 'name the queues, or use --all');
    await withServer(call, async (server) => {
      const known = Object.entries((await server.info()).faktory.queues);
      const sizes = new Map(names.length > 0 ? known.filter(([name]) => names.includes(name)) : known);
      const unknown = names.filter((name) => !sizes.has(name));
      if (unknown.length > 0)
        throw new FaktoryError('NOT_FOUND', `there is no queue ${unknown.join(', ')}; see faktory queues`);
      if (sizes.size > 0) await act(call, server, what, sizes);
    });
  },
});

async function act(
  call: Call<Names>,
  server: Operator,
  what: string,
  sizes: ReadonlyMap<string, number>,
): Promise<void> {
  const { terminal } = call;
  const names = [...sizes.keys()];
  const told = names.length > 5 ? counted(names.length, 'queue') : plain(names.join(', '));
  switch (what) {
    case 'pause':
    case 'resume':
      await server.queue(what === 'pause' ? 'PAUSE' : 'RESUME', names);
      terminal.print(call.on('json') ? jsonText({ [`${what}d`]: names }) : `${what}d ${told}`);
      return;
    case 'latency': {
      const latency = await server.latency(names);
      const rows = names.map((name) => `${plain(name)} ${(latency[name] ?? 0).toFixed(3)}`);
      terminal.print(call.on('json') ? jsonText(latency) : rows.join('\n'));
      return;
    }
    default: {
      const jobs = counted(
        [...sizes.values()].reduce((sum, size) => sum + size, 0),
        'job',
      );
      if (!(await agreed(call, `${what} ${told} with ${jobs}?`))) return;
      if (what === 'remove' || !(await server.extended())) await server.queue('REMOVE', names);
      else await empty(call, server, names);
      const done = what === 'remove' ? 'removed' : 'cleared';
      terminal.print(call.on('json') ? jsonText({ [done]: names }) : `${done} ${told}`);
    }
  }
}

async function empty(call: Call<Names>, server: Operator, queues: readonly string[]): Promise<void> {
  const { onward, done } = progressOf(call);
  await server.change({ places: ['ready'], queues, action: 'discard' }, onward);
  done();
}
