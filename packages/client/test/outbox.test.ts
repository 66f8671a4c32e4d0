/**
 * Tests the outbox: a job is pushed if and only if its transaction commits, exactly once, wherever
 * the connection is cut and whenever the relay is killed, on SQLite and on a real Postgres.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server, type ServerOptions } from '@faktory-ts/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Client, Connection, commands, defineJob, resolveServers } from '../src/index.ts';
import { type OutboxOptions, OutboxRelay, outboxTables } from '../src/outbox/index.ts';
import { AppChild, buildApp } from './app-child.ts';
import { BadNetwork } from './bad-network.ts';
import { openStore, type TestStore } from './outbox-store.ts';
import { Postgres, postgresPrograms } from './postgres.ts';

const ends: (() => unknown)[] = [];
const programs = postgresPrograms();
if (!programs) console.warn('SKIPPED: the outbox on Postgres: apt-get install postgresql to prove it');

let postgres: Postgres | undefined;
let app: Awaited<ReturnType<typeof buildApp>>;
let databases = 0;

beforeAll(async () => {
  app = await buildApp('outbox-app');
  if (programs) postgres = await Postgres.start(programs);
}, 60_000);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

afterAll(async () => {
  app.remove();
  await postgres?.stop();
});

async function serve(options: ServerOptions = {}): Promise<Server> {
  const server = createServer({ sync: 'off', ...options });
  await server.start();
  ends.push(() => server.stop());
  return server;
}

/** The address of a new database. */
const places: Record<string, () => Promise<string>> = {
  SQLite: async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'faktory-outbox-'));
    ends.push(() => rm(dir, { recursive: true, force: true }));
    return `sqlite:${path.join(dir, 'shop.db')}`;
  },
  Postgres: async () => {
    const name = `shop${databases++}`;
    const admin = openStore(`postgres:${postgres?.dir}/postgres`);
    await admin.query(`CREATE DATABASE ${name}`, []);
    await admin.close();
    return `postgres:${postgres?.dir}/${name}`;
  },
};

const insert = 'INSERT INTO faktory_outbox (job) VALUES ';
const jid = (n: number): string => `job-${String(n).padStart(6, '0')}`;
const row = (n: number, options = {}): string =>
  JSON.stringify({ jid: jid(n), jobtype: 'T', args: [n], ...options });
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Fetches all jobs of the server. */
async function taken(server: Server): Promise<string[]> {
  const consumer = new Connection({
    addresses: resolveServers({ url: `tcp://127.0.0.1:${server.port}` }),
    hello: { wid: 'taker-01' },
    extension: () => ({ v: 1 }),
  });
  const jids: string[] = [];
  while ((await commands.info(consumer)).faktory.queues.default) {
    jids.push(...(await commands.fetchBulk(consumer, 1000, ['default'])).map(({ job }) => job.jid));
  }
  await consumer.close();
  return jids;
}

describe.each(Object.keys(places))('the outbox works on %s', (kind) => {
  // In CI Postgres must be installed, otherwise the test proves nothing.
  const absent = kind === 'Postgres' && !programs && !process.env.CI;
  let where: string;
  let store: TestStore;

  beforeEach(async (context) => {
    if (absent) context.skip();
    where = await (places[kind] as () => Promise<string>)();
    store = openStore(where);
    const open = store;
    ends.push(() => open.close());
    for (const table of outboxTables(store.dialect)) await store.query(table, []);
  });

  function relayTo(url: string, options: Partial<OutboxOptions> = {}): OutboxRelay {
    const relay = new OutboxRelay({ url, store, interval: 10, onError: () => undefined, ...options });
    ends.push(() => relay.stop());
    relay.start();
    return relay;
  }

  const urlOf = ({ port }: Server): string => `tcp://127.0.0.1:${port}`;
  const placeholder = (): string => (store.dialect === 'postgres' ? '($1)' : '(?)');
  const commit = (jobs: string[], end?: 'ROLLBACK') =>
    store.transact(
      jobs.map((job) => [insert + placeholder(), [job]]),
      end,
    );
  const left = () => store.query('SELECT id, job, error FROM faktory_outbox ORDER BY id', []);
  const emptied = () => vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 20_000 });

  test('the jobs of a committed transaction are pushed in order, those of a rolled back one are not', async () => {
    const server = await serve();
    await commit([row(0), row(1)]);
    relayTo(urlOf(server));
    await commit([row(90)], 'ROLLBACK');
    await commit([row(2)]);
    await emptied();
    expect(await taken(server)).toEqual([jid(0), jid(1), jid(2)]);
  });

  test('a refused row stays with its reason, is reported, and is not sent again, and the others are pushed', async () => {
    const server = await serve();
    const told: unknown[] = [];
    await commit([
      row(0),
      row(1, { reserve_for: 1_000_000 }),
      'no json',
      '{"jobtype":"T","args":[]}',
      row(2),
    ]);
    relayTo(urlOf(server), { onRefused: (refused) => told.push(refused) });
    await vi.waitFor(async () => expect(await left()).toHaveLength(3));
    await vi.waitFor(async () =>
      expect((await left()).every((one) => (one as { error: unknown }).error)).toBe(true),
    );
    expect(told).toHaveLength(3);
    expect(await left()).toMatchObject([
      { job: row(1, { reserve_for: 1_000_000 }), error: 'jobs cannot be reserved for more than one day' },
      { error: 'the row is not a job with a jid in JSON' },
      { error: 'the row is not a job with a jid in JSON' },
    ]);
    expect(await taken(server)).toEqual([jid(0), jid(2)]);
    await store.query(
      "UPDATE faktory_outbox SET job = REPLACE(job, '1000000', '60'), error = NULL WHERE job LIKE '%1000000%'",
      [],
    );
    await vi.waitFor(async () => expect(await left()).toHaveLength(2));
    expect(await taken(server)).toEqual([jid(1)]);
  });

  test('a row whose job needs a feature that the server does not have stays with that reason, and the others are pushed', async () => {
    const server = await serve();
    const told: unknown[] = [];
    await commit([row(0), row(1, { custom: { track: true } }), row(2, { custom: { tenant: 'a' } })]);
    relayTo(urlOf(server), { onRefused: (refused) => told.push(refused) });
    await vi.waitFor(async () => expect(await left()).toHaveLength(1), { timeout: 20_000 });
    const reason = expect.stringMatching(
      /^track needs the feature track of the server, and .* does not have it/,
    );
    expect(await left()).toMatchObject([{ job: row(1, { custom: { track: true } }), error: reason }]);
    expect(told).toMatchObject([{ error: { code: 'UNSUPPORTED', message: reason } }]);
    expect((await taken(server)).sort()).toEqual([jid(0), jid(2)]);
  });

  test('rows wait while the server cannot be reached, which is reported, and rows for a full queue let others pass', async () => {
    const told: string[] = [];
    await commit([row(0), row(1), row(2), row(3, { queue: 'other' })]);
    const network = await BadNetwork.start(1);
    ends.push(() => network.stop());
    relayTo(network.url, { onError: ({ code }) => told.push(code) });
    await vi.waitFor(() => expect(told).toContain('CLOSED'));
    const server = await serve({ maxQueueLength: 2 });
    network.target = server.port;
    await vi.waitFor(async () => expect(await left()).toMatchObject([{ job: row(2), error: null }]), {
      timeout: 10_000, // the server is dialled every three seconds
    });
    expect((await server.info()).faktory.queues).toEqual({ default: 2, other: 1 });
    const first = await taken(server); // it may be pushed as soon as the queue has space
    await emptied();
    expect([...first, ...(await taken(server))]).toEqual([jid(0), jid(1), jid(2)]);
  }, 20_000);

  test('rows that are too long together are sent in smaller lines, and one that is too long alone is refused', async () => {
    const server = await serve({ maxLineBytes: 2048 });
    const long = { custom: { text: 'x'.repeat(500) } };
    await commit([...numbers(6).map((n) => row(n, long)), row(6, { custom: { text: 'x'.repeat(3000) } })]);
    await commit([row(7)]);
    relayTo(urlOf(server));
    await vi.waitFor(
      async () => expect(await left()).toMatchObject([{ error: expect.stringContaining('line longer') }]),
      { timeout: 10_000 },
    );
    expect(await taken(server)).toEqual([0, 1, 2, 3, 4, 5, 7].map(jid));
  }, 20_000);

  test('a relay that is stopped releases the outbox to the next one at once', async () => {
    const server = await serve();
    const first = relayTo(urlOf(server));
    const second = relayTo(urlOf(server));
    await commit([row(0)]);
    await emptied();
    await first.stop();
    await commit([row(1)]);
    await emptied();
    await second.stop();
    const third = relayTo(urlOf(server), { interval: 60_000 });
    await commit([row(2)]);
    third.wake();
    await emptied();
    expect(await taken(server)).toEqual(numbers(3).map(jid));
  });

  test('numbers that JavaScript cannot hold, line breaks and two jobs with one jid arrive unchanged', async () => {
    const server = await serve();
    const big = `{"jid":"${jid(0)}",\n "jobtype":"T",\r\n "args":[12345678901234567890]}`;
    await commit([big, row(1), row(1)]);
    relayTo(urlOf(server));
    await emptied();
    const consumer = new Connection({
      addresses: resolveServers({ url: urlOf(server) }),
      hello: { wid: 'taker-01' },
    });
    const first = await consumer.call('FETCH default\r\n');
    expect(first).toMatchObject({ text: expect.stringContaining('[12345678901234567890]') });
    await consumer.close();
    expect(await taken(server)).toEqual([jid(1), jid(1)]);
  });

  test('wherever the connection is cut, each job is pushed once', async () => {
    const server = await serve();
    let expected: string[] = [];
    const cuts = [...numbers(45).map((n) => ({ up: 5 * n })), ...numbers(24).map((n) => ({ down: 5 * n }))];
    const network = await BadNetwork.start(server.port);
    ends.push(() => network.stop());
    for (const [index, cut] of cuts.entries()) {
      const jobs = [3 * index, 3 * index + 1].map((n) => row(n));
      network.fail(cut);
      await commit([...jobs, row(3 * index + 2, { reserve_for: 1_000_000 })]);
      const relay = relayTo(network.url, { interval: 5 });
      await vi.waitFor(async () => expect(await left()).toMatchObject([{ error: expect.any(String) }]), {
        timeout: 20_000,
      });
      await relay.stop();
      await store.query('DELETE FROM faktory_outbox', []);
      expected = [3 * index, 3 * index + 1].map(jid);
      expect(await taken(server), JSON.stringify(cut)).toEqual(expected);
    }
  }, 120_000);

  test('relays that take the lease from each other at any moment push each job once', async () => {
    const server = await serve();
    let statements = 0;
    const disturbed = {
      ...store,
      query: async (sql: string, values: (string | number | null)[]) => {
        // With a limit, because a relay that loses its lease at every third statement may never
        // finish a line.
        if (statements++ % 3 === 0 && statements < 300)
          await store.query('UPDATE faktory_outbox_relay SET leased_until = 0', []);
        return store.query(sql, values);
      },
    };
    const relays = numbers(3).map(() => relayTo(urlOf(server), { store: disturbed, batch: 3, interval: 1 }));
    for (const n of numbers(40)) await commit([row(2 * n), row(2 * n + 1)]);
    await emptied();
    await Promise.all(relays.map((relay) => relay.stop()));
    const there = await taken(server);
    expect(there.sort()).toEqual(numbers(80).map(jid));
  }, 60_000);

  test('a database and a server of which one was restored from a backup lose no job', async () => {
    const server = await serve();
    const first = relayTo(urlOf(server), { batch: 1 });
    await commit(numbers(5).map((n) => row(n)));
    await emptied();
    await first.stop();
    await store.query('UPDATE faktory_outbox_relay SET answered = 3, leased_until = 0', []); // from a backup
    await commit([row(5), row(6)]);
    relayTo(urlOf(server));
    await emptied();
    expect(await taken(server)).toEqual(numbers(7).map(jid));
  });

  test('across kills of the relay each committed job is pushed once', async () => {
    const server = await serve();
    let next = 0;
    for (const round of numbers(5)) {
      const child = new AppChild(app.program, [urlOf(server), where]);
      ends.push(() => child.kill());
      const writing = (async () => {
        for (let n = 0; n < 40; n++) await commit([row(next++), row(next++), row(next++)]);
      })();
      await child.lines('line ', 3 + round * 2);
      await child.kill();
      await writing;
    }
    await store.query('UPDATE faktory_outbox_relay SET leased_until = 0', []);
    relayTo(urlOf(server));
    await emptied();
    expect((await taken(server)).sort()).toEqual(numbers(next).map(jid));
  }, 120_000);
});

test('a client makes the row of a job, with its defaults and checked by its schema', async () => {
  const mail = defineJob('Mail', { payload: z.object({ to: z.string() }), queue: 'mail' });
  const client = new Client({ jobs: [mail], defaults: { retry: 3 } });
  const text = await client.outboxRow({ jid: jid(0), jobtype: 'Mail', args: [{ to: 'bob' }] });
  expect(JSON.parse(text)).toEqual({
    jid: jid(0),
    jobtype: 'Mail',
    args: [{ to: 'bob' }],
    queue: 'mail',
    retry: 3,
  });
  const wrong = client.outboxRow({ jobtype: 'Mail', args: [{ to: 7 as unknown as string }] });
  await expect(wrong).rejects.toMatchObject({ code: 'INVALID' });
});

test.each([{ batch: 0 }, { batch: 1001 }, { interval: 0 }])('a relay refuses %j', (options) => {
  const store = { dialect: 'sqlite' as const, query: async () => [] };
  expect(() => new OutboxRelay({ store, ...options })).toThrow(expect.objectContaining({ code: 'CONFIG' }));
});

test.skipIf(!programs && !process.env.CI)(
  'a row of a transaction that commits late is not skipped',
  async () => {
    const server = await serve();
    const store = openStore(await (places.Postgres as () => Promise<string>)());
    ends.push(() => store.close());
    for (const table of outboxTables('postgres')) await store.query(table, []);
    const relay = new OutboxRelay({ url: `tcp://127.0.0.1:${server.port}`, store, interval: 10 });
    ends.push(() => relay.stop());
    relay.start();
    const late = store.transact([
      [`${insert}($1)`, [row(0)]],
      // Its id is lower, and it commits after the relay has sent the next one.
      ['SELECT count(*) FROM generate_series(1, 1) WHERE pg_sleep(0.3) IS NOT NULL', []],
    ]);
    await vi.waitFor(async () =>
      expect(
        await store.query(
          "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.3)%' AND state = 'active' AND pid <> pg_backend_pid()",
          [],
        ),
      ).toHaveLength(1),
    );
    await store.transact([[`${insert}($1)`, [row(1)]]]);
    await late;
    await vi.waitFor(async () => expect(await store.query('SELECT 1 FROM faktory_outbox', [])).toEqual([]));
    expect((await taken(server)).sort()).toEqual([jid(0), jid(1)]);
  },
);
