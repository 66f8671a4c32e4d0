/** `faktory info`: prints the INFO of a server as text or JSON. */
import type { Info } from '@faktory-ts/protocol';
import { command } from './command.ts';
import { serverFlags, withServer } from './connect.ts';
import { jsonText, plain } from './words.ts';

export const info = command({
  name: 'info',
  synopsis: '',
  describe: 'prints version, counters and queues of a running server',
  flags: { ...serverFlags, json: { describe: 'print the reply to INFO' } },
  async run(call) {
    const told = await withServer(call, (server) => server.info());
    call.terminal.print(call.on('json') ? jsonText(told, 2) : forPerson(told));
  },
});

/** The size limit of the dead set; a classic Faktory does not report it. */
function deadRoom({ dead_limit = 0, dead_evicted = 0 }: Partial<Info['server']>): string {
  const gone = dead_evicted > 0 ? `, ${dead_evicted} older ones deleted since the start` : '';
  return dead_limit > 0 ? ` of at most ${dead_limit}${gone}` : '';
}

function forPerson({ now, faktory, server }: Info): string {
  const { sets } = faktory;
  // A classic Faktory has no `name`.
  const name = server.name === undefined ? '' : `${server.name} ${server.version}, speaks as `;
  const lines: [label: string, value: string | number][] = [
    ['server', `${name}${server.description} ${server.faktory_version}`],
    ['time', now],
    ['uptime', `${server.uptime} s`],
    ['connections', server.connections],
    ['memory', `${server.used_memory_mb} MB`],
    ['processed', faktory.total_processed],
    ['failures', faktory.total_failures],
    ['enqueued', faktory.total_enqueued],
    ['working', sets.working],
    ['scheduled', sets.scheduled],
    ['retries', sets.retries],
    ['dead', `${sets.dead}${deadRoom(server)}`],
    ...Object.entries(faktory.queues).map(([queue, size]): [string, number] => [`queue ${queue}`, size]),
  ];
  const shown = lines.map(([label, value]) => [plain(label), plain(String(value))] as const);
  const widest = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${label.padEnd(widest)}  ${value}`).join('\n');
}
