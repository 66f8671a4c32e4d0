/**
 * `faktory top`: shows the whole server on one screen, redrawn every two seconds, until q or
 * Ctrl-C. `--once` prints it and ends. Of a classic Faktory it shows no workers.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Info, WorkersStatus } from '@faktory-ts/protocol';
import { type Call, command } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import type { Operator } from './operator.ts';
import { type KnownQueue, queuesOf, queueTable } from './queues.ts';
import { jsonText, plain, readNumber, span, thousands } from './words.ts';
import { runningTable, workerTable } from './workers.ts';

type Names = ServerFlag | 'once' | 'interval' | 'json';

export const top = command<Names>({
  name: 'top',
  synopsis: '',
  describe: 'the whole server on one screen, live',
  flags: {
    ...serverFlags,
    once: { describe: 'print it once and end; the default without a terminal' },
    interval: { value: 'SECONDS', describe: 'time between updates', normal: '2' },
    json: { describe: 'print it once as JSON' },
  },
  more: 'q or Ctrl-C leaves.',
  async run(call) {
    const { screen } = call.terminal;
    const interval = readNumber('interval', call.value('interval') ?? '2', 1, 3600) * 1000;
    await withServer(call, async (server) => {
      if (screen && !call.on('once') && !call.on('json')) return watch(call, server, interval);
      const seen = await look(server);
      call.terminal.print(call.on('json') ? jsonText(seen, 2) : view(call, seen, undefined, 1000));
    });
  },
});

interface Seen {
  readonly info: Info;
  readonly queues: readonly KnownQueue[];
  /** Undefined for a classic server. */
  readonly workers: WorkersStatus | undefined;
}

async function look(server: Operator): Promise<Seen> {
  const extended = await server.extended();
  const [info, queues, workers] = await Promise.all([
    server.info(),
    queuesOf(server),
    extended ? server.workers() : undefined,
  ]);
  return { info, queues, workers };
}

async function watch(call: Call<Names>, server: Operator, interval: number): Promise<void> {
  const { screen, signal, width } = call.terminal;
  if (!screen) return;
  const left = new AbortController();
  const leave = AbortSignal.any([signal, left.signal]);
  const canvas = screen.take((key) => {
    if (key === 'q' || key === '\u0003') left.abort();
  });
  try {
    let before: Seen | undefined;
    while (!leave.aborted) {
      const seen = await look(server);
      const lines = view(call, seen, before, screen.height)
        .split('\n')
        .slice(0, screen.height - 1);
      canvas.draw(lines.map((line) => (line.includes('\u001b') ? line : line.slice(0, width))).join('\n'));
      before = seen;
      // `leave` ends the pause
      await pause(interval, undefined, { signal: leave }).catch(() => undefined);
    }
  } finally {
    canvas.leave();
  }
}

/** The screen as text. Rates need the previous values. */
function view(
  call: Call<Names>,
  { info, queues, workers }: Seen,
  before: Seen | undefined,
  height: number,
): string {
  const { server, faktory, now } = info;
  const { sets } = faktory;
  const seconds = before ? (Date.parse(now) - Date.parse(before.info.now)) / 1000 : 0;
  const rate = (value: number, earlier: number | undefined): string =>
    seconds > 0 && earlier !== undefined ? ` (${Math.round((value - earlier) / seconds)}/s)` : '';
  const was = before?.info.faktory;
  const name = server.name === undefined ? server.description : `${server.name} ${server.version}`;
  const head = [
    `${plain(name)}  up ${span(server.uptime)}  ${server.connections} connections  ${server.used_memory_mb} MB  ${plain(now)}`,
    `processed ${thousands(faktory.total_processed)}${rate(faktory.total_processed, was?.total_processed)}  failed ${thousands(faktory.total_failures)}${rate(faktory.total_failures, was?.total_failures)}`,
    `ready ${thousands(faktory.total_enqueued)}  working ${thousands(sets.working)}  scheduled ${thousands(sets.scheduled)}  retries ${thousands(sets.retries)}  dead ${thousands(sets.dead)}`,
  ];
  const part = Math.max(Math.floor((height - 8) / 3), 3);
  const fullest = [...queues].sort((a, b) => b.size - a.size).slice(0, part);
  const parts = [head.join('\n'), queueTable(call, fullest)];
  if (workers)
    parts.push(workerTable(call, workers.workers.slice(0, part)), runningTable(call, workers, part));
  return parts.join('\n\n');
}
