/**
 * No single request makes all others wait: what one turn does is bounded in rows and in bytes. `npm run bench -- holds` measures the time.
 */
import { expect, test } from 'vitest';
import { entry } from '../src/engine/conformance/scene.ts';
import type { Engine, Finder } from '../src/engine/engine.ts';
import { sqliteBackend } from '../src/engine/sqlite/backend.ts';
import { latency } from '../src/jobs/queues.ts';
import { folder, greeted, running } from './running.ts';

const MEGABYTE = 1024 * 1024;
const now = (): number => Date.UTC(2026, 5, 10) * 1000;

async function opened(): Promise<Engine> {
  const { engine } = sqliteBackend({ dir: folder(), sync: 'off', clock: now });
  await engine.open();
  return engine;
}

test('FETCHB gives at most two megabytes of jobs at once, or a single larger one, in their order', async () => {
  const engine = await opened();
  const sizes = [10, 900_000, 5000, 900_000, 3_000_000, 10, 900_000];
  const jids = sizes.map((_, index) => `large-00${index}`);
  await engine.push(sizes.map((size, index) => entry(`large-00${index}`, { args: ['x'.repeat(size)] })));
  const takes: string[][] = [];
  for (let left = sizes.length; left > 0; ) {
    const { jobs: taken } = await engine.fetchMany({ queues: ['default'], wid: 'w1' }, 1000);
    for (const { jid, document } of taken) expect(JSON.parse(document)).toMatchObject({ jid });
    takes.push(taken.map(({ jid }) => jid));
    left -= taken.length;
  }
  expect(takes.flat()).toEqual(jids);
  expect(takes.map(({ length }) => length)).toEqual([4, 1, 2]);
  await engine.close();
});

test('a failure that is large counts as a part of its job', async () => {
  const engine = await opened();
  const failure = JSON.stringify({ message: 'x'.repeat(1_500_000), errtype: 'E' });
  await engine.push(['big-00001', 'big-00002'].map((jid) => entry(jid, { failure })));
  const { jobs: taken } = await engine.fetchMany({ queues: ['default'], wid: 'w1' }, 10);
  expect(taken.map((each) => [each.jid, each.failure])).toEqual([['big-00001', failure]]);
  await engine.close();
});

test.each(['ACKB', 'FAILB', 'RELEASE', 'EXTEND'])(
  '%s takes at most 1,000 entries, as EXT says',
  async (verb) => {
    const client = await greeted(await running());
    expect(await client.json('EXT {"v":1}')).toMatchObject({ max_settle: 1000 });
    const entries = Array.from({ length: 1001 }, (_, n) => ({
      jid: 'any-jid-1',
      rid: `${n + 1}`,
      seconds: 60,
    }));
    expect(await client.ask(`${verb} ${JSON.stringify(entries)}`)).toContain(
      'at most 1000 are taken; split them',
    );
    expect(await client.ask(`${verb} ${JSON.stringify(entries.slice(1))}`)).toMatch(/^\$ \{/);
  },
);

test.each([
  'FETCH',
  'BEAT',
  'MUTATE',
  'QUEUE',
  'INFO',
  'ACK',
  'EXT',
  'FETCHB',
  'JOBS',
  'CHANGE',
  'TAIL',
  'ACKB',
])('%s refuses more than a megabyte unread, and the connection goes on', async (verb) => {
  const client = await greeted(await running());
  await client.json('EXT {"v":1}');
  const said = await client.ask(`${verb} ${'x'.repeat(MEGABYTE + 1)}`);
  expect(said).toBe(
    `-ERR line longer than this verb takes: ${verb} has ${MEGABYTE + 1} characters, the most is ${MEGABYTE}; split it`,
  );
  await client.push('still-here');
});

test('a queue of 12,000 jobs is removed in bites: none is handed out, and others are served meanwhile', async () => {
  const engine = await opened();
  const many = Array.from({ length: 12_000 }, (_, n) => entry(`gone-${n}-0000`, { queue: 'long' }));
  await engine.push(many);
  const [held] = (await engine.fetchMany({ queues: ['long'], wid: 'w1' }, 1)).jobs;
  const commits = engine.figures.commits().commits;
  const order: string[] = [];
  const removed = engine.changeQueues(['long'], 'remove').then(() => order.push('removed'));
  await engine.push([entry('other-001', { queue: 'other' })]);
  expect((await engine.fetchMany({ queues: ['long'], wid: 'w1' }, 1000)).jobs).toEqual([]);
  order.push('served');
  await engine.settle({ jid: held?.jid ?? '' }, { to: 'queue' });
  await engine.push([entry('newer-001', { queue: 'long' })]);
  await removed;
  expect(order).toEqual(['served', 'removed']);
  expect(engine.figures.commits().commits - commits).toBeGreaterThanOrEqual(3);
  const { jobs: left } = await engine.fetchMany({ queues: ['long'], wid: 'w1' }, 1000);
  expect(left.map(({ jid }) => jid)).toEqual([held?.jid, 'newer-001']);
  await engine.close();
});

test('the oldest jobs of many queues are looked for 200 queues a turn, and told in the order asked', async () => {
  let [asked, most] = [0, 0];
  const oldest = async (): Promise<undefined> => {
    most = Math.max(most, ++asked);
    await new Promise(setImmediate);
    asked -= 1;
    return undefined;
  };
  const names = Array.from({ length: 1000 }, (_, n) => `queue-${n}`);
  const waits = await latency({ oldest } as unknown as Finder, now(), names);
  expect(Object.keys(waits)).toEqual(names);
  expect(most).toBe(200);
});

interface Infos {
  readonly faktory: {
    readonly queues: Record<string, number>;
    readonly tasks: { readonly Retries: { readonly size: number } };
  };
}

/** A PUSHB line of about a megabyte. */
const largeBulk = (name: string): string =>
  `PUSHB ${JSON.stringify(Array.from({ length: 5000 }, (_, n) => ({ jid: `${name}-${n}-00`, jobtype: 'T', args: ['x'.repeat(150)] })))}`;

test('a large PUSHB is read in parts: others are served meanwhile, and lines behind it wait for it', async () => {
  const server = await running();
  const [client, other] = [await greeted(server), await greeted(server)];
  client.raw(`${largeBulk('many')}\r\nPUSH {"jid":"behind-01","jobtype":"T","args":[],"queue":"other"}\r\n`);
  let served = 0;
  let size = 0;
  while (size < 5000) {
    const { faktory } = await other.json<{ faktory: { queues: Record<string, number> } }>('INFO');
    size = faktory.queues.default ?? 0;
    expect([0, 5000]).toContain(size);
    if (size === 0) expect(faktory.queues).not.toHaveProperty('other');
    served += 1;
  }
  expect(served).toBeGreaterThan(1);
  expect(await client.line()).toBe('$ {}');
  expect(await client.line()).toBe('+OK');
});

test('a large PUSHB that cannot be read is refused, counted for its producer, and told again', async () => {
  const client = await greeted(await running());
  await client.ask('EXT {"v":1,"producer":"shop"}');
  const said = await client.ask(largeBulk('bad').replace(/\]$/, ',5]'));
  expect(said).toMatch(/^-ERR invalid JSON: a job must be an object/);
  expect(await client.json('EXT {"v":1,"producer":"shop"}')).toMatchObject({
    pushed: 1,
    refused: { 1: said.slice(1) },
  });
});

/** A PUSH line of about a megabyte. */
const largePush = (jid: string, more = ''): string =>
  `PUSH {"jid":"${jid}","jobtype":"T","args":[[${'1,'.repeat(500_000)}1]]${more}}`;

test('a large PUSH is read in parts: others are served meanwhile, and lines behind it wait for it', async () => {
  const server = await running();
  const [client, other] = [await greeted(server), await greeted(server)];
  client.raw(
    `${largePush('large-001')}\r\nPUSH {"jid":"behind-01","jobtype":"T","args":[],"queue":"other"}\r\n`,
  );
  let served = 0;
  for (let size = 0; size === 0; ) {
    const { faktory } = await other.json<{ faktory: { queues: Record<string, number> } }>('INFO');
    size = faktory.queues.default ?? 0;
    if (size === 0) expect(faktory.queues).not.toHaveProperty('other');
    served += 1;
  }
  expect(served).toBeGreaterThan(1);
  expect([await client.line(), await client.line()]).toEqual(['+OK', '+OK']);
  const { args } = await client.json<{ args: number[][] }>('FETCH default');
  expect(args[0]).toHaveLength(500_001);
});

test('a line of megabytes is decoded in parts: what its client sent before it closed its side is taken, in order', async () => {
  const server = await running();
  const client = await greeted(server);
  const text = 'é'.repeat(1_500_000);
  const push = (jid: string, arg: string): string =>
    `PUSH ${JSON.stringify({ jid, jobtype: 'T', args: [arg] })}\r\n`;
  client.raw(push('before-01', '') + push('large-001', text) + push('behind-01', ''));
  client.socket.end();
  expect([await client.line(), await client.line(), await client.line()]).toEqual(['+OK', '+OK', '+OK']);
  const worker = await greeted(server);
  const taken: { jid: string; args: string[] }[] = [];
  for (let n = 0; n < 3; n++) taken.push(await worker.json('FETCH default'));
  expect(taken.map(({ jid }) => jid)).toEqual(['before-01', 'large-001', 'behind-01']);
  expect(taken[1]?.args[0] === text).toBe(true);
});

test('a large PUSH that is refused is counted for its producer, and told again', async () => {
  const client = await greeted(await running());
  await client.ask('EXT {"v":1,"producer":"shop"}');
  const malformed = await client.ask(largePush('large-001', ',"retry":"x"'));
  expect(malformed).toMatch(/^-ERR invalid JSON: "retry" must be an integer/);
  const invalid = await client.ask(largePush('short'));
  expect(invalid).toMatch(/reasonable jid/);
  expect(await client.ask(largePush('large-002'))).toBe('+OK');
  expect(await client.json('EXT {"v":1,"producer":"shop"}')).toMatchObject({
    pushed: 3,
    refused: { 1: malformed.slice(1), 2: invalid.slice(1) },
  });
});

test.each([
  { verb: 'PUSHB', line: (turns: number) => largeBulk(`shop-${turns}`), jobs: 5000, each: 6 },
  { verb: 'PUSH', line: (turns: number) => largePush(`large-${turns}0`), jobs: 1, each: 4 },
])(
  'a large $verb of a producer whose name another connection takes is in and counted, or neither',
  async (large) => {
    const server = await running();
    const watch = await greeted(server);
    for (let turns = 0; turns < 6; turns++) {
      const name = `shop-${turns}`;
      const [first, second] = [await greeted(server), await greeted(server)];
      await first.ask(`EXT {"v":1,"producer":"${name}"}`);
      const { faktory: before } = await watch.json<{ faktory: { total_enqueued: number } }>('INFO');
      first.raw(`${large.line(turns)}\r\n`);
      for (let turn = 0; turn < turns * large.each; turn++) await new Promise(setImmediate);
      const { pushed } = await second.json<{ pushed: number }>(`EXT {"v":1,"producer":"${name}"}`);
      await first.closed();
      for (let turn = 0; turn < 5; turn++) await watch.ask('INFO');
      const { faktory: after } = await watch.json<{ faktory: { total_enqueued: number } }>('INFO');
      expect(after.total_enqueued - before.total_enqueued).toBe(pushed * large.jobs);
    }
  },
);

/** How many parts a call to the engine took, seen by what else the event loop did meanwhile. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, done] = [0, false];
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    await new Promise(setImmediate);
    turns += 1;
  }
  await ended;
  return turns;
}

test('one push stores at most 500 jobs or a megabyte a turn, and all of it is one commit', async () => {
  const engine = await opened();
  const small = Array.from({ length: 5000 }, (_, n) => entry(`small-${n}-00`));
  const commits = engine.figures.commits().commits;
  expect(await turnsDuring(engine.push(small))).toBeGreaterThanOrEqual(10);
  expect(engine.figures.commits().commits - commits).toBe(1);
  const large = Array.from({ length: 6 }, (_, n) =>
    entry(`large-${n}-00`, { args: ['x'.repeat(1_100_000)] }),
  );
  expect(await turnsDuring(engine.push(large))).toBeGreaterThanOrEqual(6);
  expect(engine.figures.commits().commits - commits).toBe(2);
  const one = await turnsDuring(engine.push([entry('small-alone')]));
  const alone = await turnsDuring(engine.push([entry('large-alone', { args: ['x'.repeat(1_100_000)] })]));
  expect(alone).toBeGreaterThan(one); // it is committed in a turn of its own
  expect((await engine.queues())[0]?.size).toBe(5008);
  await engine.close();
});

test('of many ends at most 250 are settled a turn, and all of them are one commit', async () => {
  const engine = await opened();
  await engine.push(Array.from({ length: 1000 }, (_, n) => entry(`ended-${n}-00`)));
  const { jobs: taken } = await engine.fetchMany({ queues: ['default'], wid: 'w1' }, 1000);
  const commits = engine.figures.commits().commits;
  const ended = engine.settleMany(
    taken.map(({ jid, reservationId }) => ({ held: { jid, reservationId }, outcome: { to: 'done' } })),
  );
  expect(await turnsDuring(ended)).toBeGreaterThanOrEqual(4);
  expect((await ended).every(Boolean)).toBe(true);
  expect(engine.figures.commits().commits - commits).toBe(1);
  await engine.close();
});

test('a large FAILB is read in parts: others are served meanwhile, and lines behind it wait for it', async () => {
  const server = await running();
  const [client, other] = [await greeted(server, 'w1'), await greeted(server)];
  await client.json('EXT {"v":1}');
  const entries = Array.from({ length: 1000 }, (_, n) => ({
    jid: 'any-jid-1',
    rid: `${n + 1}`,
    errtype: 'E',
    message: 'x'.repeat(5000),
  }));
  let served = 0;
  let done = false;
  const answer = client.json(`FAILB ${JSON.stringify(entries)}`).finally(() => {
    done = true;
  });
  while (!done) {
    await other.ask('INFO');
    served += 1;
  }
  expect(served).toBeGreaterThan(3);
  expect(Object.keys(await answer)).toHaveLength(1000);
});

test('a large FAIL is read in parts: others are served meanwhile, and lines behind it wait for it', async () => {
  const server = await running();
  const [client, other] = [await greeted(server, 'w1'), await greeted(server)];
  await client.push('failing-01');
  await client.json('FETCH default');
  const backtrace = ['first', ...Array(300_000).fill('a')];
  const fail = { jid: 'failing-01', errtype: 'E', message: ' '.repeat(1_000_000), backtrace };
  client.raw(
    `FAIL ${JSON.stringify(fail)}\r\nPUSH {"jid":"behind-01","jobtype":"T","args":[],"queue":"other"}\r\n`,
  );
  let served = 0;
  for (let retries = 0; retries === 0; ) {
    const { faktory } = await other.json<Infos>('INFO');
    retries = faktory.tasks.Retries.size;
    if (retries === 0) expect(faktory.queues).not.toHaveProperty('other');
    served += 1;
  }
  expect(served).toBeGreaterThan(3);
  expect([await client.line(), await client.line()]).toEqual(['+OK', '+OK']);
});

test.each(['FETCH default', 'FETCHB 5 default'])(
  'the answer to %s is encoded in parts: every character arrives, and others are served meanwhile',
  async (ask) => {
    const server = await running();
    const [client, other] = [await greeted(server, 'w1'), await greeted(server)];
    await client.json('EXT {"v":1}');
    const text = `x${'😀é日'.repeat(500_000)}`; // pairs of surrogates stand at every kind of border
    await client.ask(`PUSH ${JSON.stringify({ jid: 'beyond-001', jobtype: 'T', args: [text] })}`);
    let served = 0;
    let done = false;
    const answer = client.json<{ args: string[] } | [{ job: { args: string[] } }]>(ask).finally(() => {
      done = true;
    });
    while (!done) {
      await other.ask('QUEUE LATENCY none');
      served += 1;
    }
    const said = await answer;
    expect((Array.isArray(said) ? said[0].job : said).args[0] === text).toBe(true);
    expect(served).toBeGreaterThan(2);
    await client.push('still-here'); // nothing follows the answer but its end
  },
);

test('a large job whose answer no longer reaches its socket goes back to its queue', async () => {
  const server = await running();
  const [client, other] = [await greeted(server, 'w1'), await greeted(server, 'w2')];
  await client.ask(
    `PUSH ${JSON.stringify({ jid: 'beyond-001', jobtype: 'T', args: ['é'.repeat(3_000_000)] })}`,
  );
  client.raw('FETCH default\r\n');
  client.socket.resetAndDestroy();
  expect(await other.json('FETCH default')).toMatchObject({ jid: 'beyond-001' });
});

test.each([
  ['[', 'invalid FAILB [xxx'],
  ['[{"jid":"a"}', 'needs the "jid" and the "rid" of a hand-out'],
  ['5', 'not an array'],
])('a large FAILB that begins with %s is refused as a small one is', async (begin, said) => {
  const client = await greeted(await running());
  await client.json('EXT {"v":1}');
  expect(await client.ask(`FAILB ${begin}${'x'.repeat(MEGABYTE)}`)).toContain(said);
  await client.push('still-here');
});
