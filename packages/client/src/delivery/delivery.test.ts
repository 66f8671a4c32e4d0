import { afterEach, expect, test } from 'vitest';
import { FakeServer } from '../../test/fake-server.ts';
import { resolveServers } from '../url.ts';
import { type AnsweredLine, type Count, Delivery, type KeptLine, type LineStore } from './delivery.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Stores lines and their results in memory. */
class Kept implements LineStore<KeptLine> {
  producer = 'shop';
  answered: number;
  readonly lines: string[];
  /** `a` = carried out, `a: reason` = refused. */
  readonly outcomes: string[] = [];
  /** Called after each settling; true = retry later. */
  full = false;

  constructor(lines: string, answered = 0) {
    this.lines = lines.split('');
    this.answered = answered;
  }

  async count(): Promise<Count> {
    const { producer, answered, lines } = this;
    return { producer, answered, sent: answered + lines.length };
  }

  async next(): Promise<KeptLine[]> {
    return this.lines.slice(0, 2).map((text, index) => ({
      text: `PUSH ${text}`,
      number: this.answered + index + 1,
    }));
  }

  async settle(answered: readonly AnsweredLine<KeptLine>[]): Promise<boolean> {
    for (const { refusal } of answered) {
      const text = this.lines.shift() as string;
      this.outcomes.push(refusal === undefined ? text : `${text}: ${JSON.stringify(refusal)}`);
    }
    this.answered += answered.length;
    return this.full;
  }

  async renew(seen: Count): Promise<void> {
    if (seen.producer === this.producer) Object.assign(this, { producer: 'shop-2', answered: 0 });
  }
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const offer = (pushed: number, more = ''): string =>
  bulk(`{"v":1,"max_fetch":1000,"max_settle":10000,"pushed":${pushed}${more}}`);

/**
 * A server that sends these answers to EXT in turn, and to other lines those of `answers`,
 * otherwise +OK.
 */
async function serve(exts: string[], answers: Record<string, string> = {}): Promise<FakeServer> {
  const server = await FakeServer.start({
    extensions: true,
    script: (line) => (line.startsWith('EXT ') ? (exts.shift() ?? offer(0)) : (answers[line] ?? '+OK\r\n')),
  });
  ends.push(() => server.stop());
  return server;
}

function deliver(store: Kept, { url }: FakeServer): Delivery<KeptLine> {
  const addresses = resolveServers({ url });
  const delivery = new Delivery(store, { addresses, silence: 20_000 });
  ends.push(() => delivery.hangUp());
  return delivery;
}

const pushes = (server: FakeServer): string =>
  server.lines.flatMap((line) => (line.startsWith('PUSH ') ? line.slice(5) : [])).join('');
const asks = (server: FakeServer): unknown[] =>
  server.lines.flatMap((line) => (line.startsWith('EXT ') ? [JSON.parse(line.slice(4))] : []));

test('lines are sent in their order, a batch at a time, and settled as they are answered', async () => {
  const store = new Kept('abcde');
  const server = await serve([], {
    'PUSH b': '-ERR no\r\n',
    'PUSH c': bulk('{"c":"full"}'),
    'PUSH d': bulk('{}'),
  });
  expect(await deliver(store, server).round()).toBe(false);
  expect(pushes(server)).toBe('abcde');
  expect(store.outcomes).toEqual(['a', 'b: "ERR no"', 'c: {"c":"full"}', 'd', 'e']);
});

test('lines that the server reports as carried out are settled, and not sent', async () => {
  const store = new Kept('abcde', 4);
  const server = await serve([offer(7, ',"refused":{"6":"ERR no","7":{"c":"full"}}')]);
  await deliver(store, server).round();
  expect(asks(server)).toEqual([{ v: 1, producer: 'shop', answered: 4 }]);
  expect(pushes(server)).toBe('de');
  expect(store.outcomes).toEqual(['a', 'b: "ERR no"', 'c: {"c":"full"}', 'd', 'e']);
});

test.each([
  ['fewer lines than were answered', 3],
  ['more lines than there are', 7],
])('a server that has counted %s gets what waits under a new name', async (_, pushed) => {
  const store = new Kept('ab', 4);
  const server = await serve([offer(pushed), offer(0)]);
  await deliver(store, server).round();
  expect(asks(server)).toMatchObject([{ producer: 'shop', answered: 4 }, { producer: 'shop-2' }]);
  expect(pushes(server)).toBe('ab');
});

test('a server that reports that the name belongs to another secret gets the waiting lines under a new name', async () => {
  const store = new Kept('ab', 4);
  const foreign =
    '-ERR not permitted: the producer name shop belongs to another secret; choose another name\r\n';
  const server = await serve([foreign, offer(0)]);
  await deliver(store, server).round();
  expect(asks(server)).toMatchObject([{ producer: 'shop', answered: 4 }, { producer: 'shop-2' }]);
  expect(pushes(server)).toBe('ab');
});

test('a server that forbids something else ends the round, and the name stays', async () => {
  const store = new Kept('ab');
  const server = await serve(['-ERR not permitted: EXT takes the right "push"\r\n']);
  await expect(deliver(store, server).round()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(store.producer).toBe('shop');
});

test('a connection that breaks ends the round, and the next one continues after the counted lines', async () => {
  const store = new Kept('abcd');
  const server = await serve([offer(0), offer(3)]);
  const { script } = server;
  server.script = (line, peer) => {
    if (line === 'PUSH d' && server.peers.length === 1) peer.socket.destroy();
    else if (line !== 'PUSH c' || server.peers.length > 1) return script(line, peer);
    return undefined;
  };
  const delivery = deliver(store, server);
  await expect(delivery.round()).rejects.toMatchObject({ code: 'CLOSED' });
  expect(store.outcomes).toEqual(['a', 'b']);
  await delivery.round();
  expect(store.outcomes).toEqual(['a', 'b', 'c', 'd']);
  expect(pushes(server)).toBe('abcdd');
});

test('a line that could not be stored, and those after it, are sent again on the next connection', async () => {
  const store = new Kept('ab');
  const server = await serve([], { 'PUSH a': '-ERR storage failed: disk full\r\n' });
  const delivery = deliver(store, server);
  await expect(delivery.round()).rejects.toMatchObject({ code: 'STORAGE' });
  expect(store.outcomes).toEqual([]);
  expect(delivery.failures).toBe(1);
  server.script = (line) => (line.startsWith('EXT ') ? offer(0) : '+OK\r\n');
  await delivery.round();
  expect(store.outcomes).toEqual(['a', 'b']);
});

test('a line that is too long for the server is reported, and those after it get a new name', async () => {
  const store = new Kept('ab');
  const server = await serve([offer(0), offer(0), offer(0)], {
    'PUSH a': '-ERR line longer than 1024 bytes\r\n',
  });
  const delivery = deliver(store, server);
  await expect(delivery.round()).rejects.toMatchObject({ code: 'LIMIT' });
  await delivery.round();
  expect(store.outcomes).toEqual(['a: "ERR line longer than 1024 bytes"', 'b']);
  expect(store.producer).toBe('shop-2');
});

test('nothing is sent when the numbers advanced without this connection', async () => {
  const store = new Kept('abc');
  const server = await serve([offer(0)]);
  const { settle } = store;
  store.settle = async (answered) => {
    await settle.call(store, answered);
    store.lines.shift();
    store.answered++; // another process has sent c
    store.lines.push('d');
    return false;
  };
  await expect(deliver(store, server).round()).rejects.toMatchObject({ code: 'CLOSED' });
  expect(pushes(server)).toBe('ab');
});

test('a round ends when the queues of its jobs are full, and keeps its connection', async () => {
  const store = new Kept('abc');
  store.full = true;
  const server = await serve([]);
  const delivery = deliver(store, server);
  expect(await delivery.round()).toBe(true);
  expect(await delivery.round()).toBe(true);
  expect(store.outcomes).toEqual(['a', 'b', 'c']);
  expect(server.peers).toHaveLength(1);
});

test('after a failure the next server of the list is tried', async () => {
  const other = await serve([]);
  const store = new Kept('a');
  const addresses = resolveServers({ url: ['tcp://127.0.0.1:1', other.url] }); // no server listens at port 1
  const delivery = new Delivery(store, { addresses, silence: 20_000 });
  ends.push(() => delivery.hangUp());
  await expect(delivery.round()).rejects.toMatchObject({ code: 'CLOSED' });
  await delivery.round();
  expect(pushes(other)).toBe('a');
});

test('an unexpected or invalid reply ends the round and settles nothing more', async () => {
  const store = new Kept('a');
  const server = await serve([], { 'PUSH a': '$-1\r\n' });
  await expect(deliver(store, server).round()).rejects.toMatchObject({ code: 'PROTOCOL' });
  const twice = await serve([], { 'PUSH a': '+OK\r\n+OK\r\n', 'PUSH b': '+OK\r\n' });
  const late = deliver(store, twice);
  await late.round();
  store.lines.push('b');
  await expect(late.round()).rejects.toMatchObject({ code: 'PROTOCOL' });
  expect(store.outcomes).toEqual(['a']);
});

test('hanging up ends a round that waits for a reply', async () => {
  const store = new Kept('a');
  const server = await serve([]);
  const { script } = server;
  server.script = (line, peer) => (line.startsWith('PUSH') ? undefined : script(line, peer));
  const delivery = deliver(store, server);
  const round = delivery.round();
  round.catch(() => undefined);
  await server.line('PUSH a');
  delivery.hangUp();
  await expect(round).rejects.toMatchObject({ code: 'ABORTED' });
});
