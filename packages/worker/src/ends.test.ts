import { Connection, resolveServers } from '@faktory-ts/client';
import { bulk } from '@faktory-ts/protocol';
import { afterEach, expect, test } from 'vitest';
import { FakeServer } from '../../client/test/fake-server.ts';
import { keptLog } from '../test/given.ts';
import { Ends, type InHand } from './ends.ts';

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const hand = (rid: string): InHand => ({ job: { jid: `jid-${rid}`, jobtype: 'T', args: [] }, rid });
const offer = bulk('{"v":1,"max_fetch":1000,"max_settle":10000}');
const ridsOf = (line: string): string[] =>
  (JSON.parse(line.slice(line.indexOf('['))) as { rid: string }[]).map(({ rid }) => rid);

/** Ends on a server that answers each ACKB as `answers` says. */
async function endsOn(answer: (rids: string[], count: number) => string) {
  let count = 0;
  const server = await FakeServer.start({
    extensions: true,
    script: (line) => (line.startsWith('ACKB') ? `${answer(ridsOf(line), ++count)}\r\n` : offer),
  });
  const { log, lines } = keptLog();
  const connection: Connection = new Connection({
    addresses: resolveServers({ url: server.url }),
    extension: () => ({ v: 1, lease: true, holding: ends.holding() }),
  });
  const ends: Ends = new Ends(connection, log);
  stops.push(
    () => connection.close(),
    () => server.stop(),
  );
  return { ends, server, lines };
}

const taken = '$2\r\n{}';

test('a result that the server cannot store now is sent again, and its reservation counts as held until it is confirmed', async () => {
  const { ends, server } = await endsOn((_, count) =>
    count === 1 ? '-ERR storage failed: disk full' : taken,
  );
  ends.add(hand('1'), { to: 'done' });
  await server.line('ACKB');
  expect(ends.holding()).toEqual(['1']);
  await server.line('ACKB', 2);
  await ends.settled();
  expect(ends.holding()).toEqual([]);
});

test('results that are refused in one line are sent in smaller lines', async () => {
  const { ends, server } = await endsOn((rids) =>
    rids.length > 1 ? '-ERR line longer than 1024 bytes' : taken,
  );
  for (const rid of ['1', '2', '3']) ends.add(hand(rid), { to: 'done' });
  await ends.settled();
  const told = server.lines.filter((line) => line.startsWith('ACKB')).map(ridsOf);
  expect(told).toEqual([['1', '2', '3'], ['1', '2'], ['3'], ['1'], ['2']]);
});

test('a result that is refused for good is no longer held: the worker reconnects and the server takes the job back', async () => {
  const { ends, server, lines } = await endsOn((rids) => (rids.includes('1') ? '-ERR no' : taken));
  ends.add(hand('1'), { to: 'done' });
  await ends.settled();
  ends.add(hand('2'), { to: 'done' });
  await ends.settled();
  expect(lines).toEqual([expect.stringMatching(/^error could not report the results of 1 jobs; .*: no /)]);
  const asked = server.lines.filter((line) => line.startsWith('EXT'));
  expect(asked.map((line) => JSON.parse(line.slice(4)))).toMatchObject([
    { holding: ['1'] },
    { holding: ['2'] },
  ]);
});
