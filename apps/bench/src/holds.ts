/**
 * Measures how long the largest legal request of each verb and route holds the server's event loop:
 * the longest turn in processor time. None may hold it over 50 ms beside the sync of its own
 * commit.
 *
 * Note: a busy machine increases processor time too, by cold caches, so the shortest of several
 * runs counts.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { BareClient } from './bare-client.ts';
import { line, title } from './figures.ts';
import { type HoldCase, holdCases } from './hold-cases.ts';
import { Stage } from './stage.ts';

const most = 50; // ms
const runs = 3;

/**
 * Prints each request's longest hold, the worst first. Words after `holds` select cases by a part
 * of their name.
 */
export async function holds(picked: readonly string[] = []): Promise<void> {
  title(
    `The longest turn of the event loop in the largest request, processor time, shortest of ${runs} runs, --sync off`,
  );
  const found: { name: string; held: number; said: string }[] = [];
  for (const each of holdCases) {
    if (picked.length > 0 && !picked.some((part) => each.name.includes(part))) continue;
    const result = await measure(each);
    found.push(result);
    line(`${result.held.toFixed(0).padStart(7)} ms  ${each.name}  (${result.said})`);
  }
  const over = found.filter(({ held }) => held > most);
  line(
    over.length === 0
      ? `none is over ${most} ms`
      : `over ${most} ms: ${over.map(({ name }) => name).join('; ')}`,
  );
}

async function measure({
  name,
  flags,
  config,
  prepare,
  run,
}: HoldCase): Promise<{ name: string; held: number; said: string }> {
  const web = `127.0.0.1:${await freePort()}`;
  const stage = await Stage.start('off', undefined, flags ?? [], { web, config, probed: true });
  const client = await BareClient.open(stage.port, 'bench-1');
  const page = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://${web}${path}`, init);
  const open = (): Promise<BareClient> => BareClient.open(stage.port);
  let held = Number.POSITIVE_INFINITY;
  let said = '';
  try {
    for (let count = 0; count < runs; count++) {
      const bench = { client, page, web: `http://${web}`, count, open };
      const request = await prepare(bench);
      let answer = '';
      const turn = await stage.longestTurn(async () => {
        answer = await run(bench, request);
      });
      held = Math.min(held, turn);
      said = `${answer.length} characters: ${answer.slice(0, 60)}`;
    }
  } finally {
    client.end();
    await stage.stop();
  }
  return { name, held, said };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
