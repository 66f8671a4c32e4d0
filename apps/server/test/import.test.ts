/**
 * Tests the import of a Faktory 1.x with a real Redis: all data is imported, from the Redis and
 * from its file alike, all of it or nothing.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { DataFolder } from '@faktory-ts/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../src/commands/command.ts';
import { importing } from '../src/commands/import.ts';
import { runCommand } from '../src/commands/run.ts';
import { converse, endAll, faktory, free, freshFolder } from './program.ts';
import { double, intset, length, listed, oldDouble, rdb, string, value, ziplist } from './rdb-writer.ts';
import { endRedis, noRedis, startRedis, type TestRedis } from './redis.ts';

/** Runs the command in this process; `agree` is the answer to its question. */
async function run(args: readonly string[], agree = true): Promise<string> {
  const said: string[] = [];
  const terminal: Terminal = {
    env: {},
    tty: false,
    width: 80,
    input: process.stdin,
    printAll: async (lines) => void said.push(...lines),
    print: (text) => void said.push(text),
    note: (text) => void said.push(text),
    confirm: async (question) => said.push(question) > 0 && agree,
    signal: new AbortController().signal,
    endable: async (work) => work(),
  };
  await runCommand(importing, args, terminal);
  return said.join('\n');
}

/** The content of a store; very long lines as their hash. */
function linesOf(dir: string): string[] {
  const lines = [...new DataFolder(dir).dump()].slice(1);
  return lines.map((line) => (line.length < 2000 ? line : createHash('sha1').update(line).digest('hex')));
}

/** A job as Faktory writes it. */
const job = (jid: string, queue: string, more: object = {}): string =>
  JSON.stringify({
    retry: 25,
    ...more,
    jid,
    queue,
    jobtype: 'T',
    enqueued_at: '2026-11-25T10:00:01.5Z',
    created_at: '2026-11-25T10:00:00.123456789Z',
    args: [jid],
  });
const failure = {
  retry_count: 2,
  remaining: 23,
  failed_at: '2026-11-20T00:00:00Z',
  next_at: '2026-12-01T00:00:00.123456Z',
  message: 'm',
  errtype: 'E',
};

/** Refuses snapshots meanwhile, as some Redis hosts do, so that it is read key by key. */
async function withoutSync<T>({ client }: TestRedis, act: () => Promise<T>): Promise<T> {
  await client.acl('SETUSER', 'default', '-sync');
  try {
    return await act();
  } finally {
    await client.acl('SETUSER', 'default', '+sync');
  }
}

/** All kinds of data of a Faktory in Redis. */
async function fill({ client }: TestRedis): Promise<void> {
  await client.sadd('queues', 'default', 'old-form', 'empty', 'paused-one');
  await client.sadd('paused', 'paused-one');
  const pipe = client.pipeline();
  // many nodes
  for (let n = 0; n < 3000; n++) pipe.lpush('q:default', job(`default-${n}`, 'default'));
  // The lengths around which a listpack tells them in one byte more; long ones are nodes of their
  // own.
  for (const size of [100, 127, 128, 4095, 4096, 16_200, 16_383, 200_000]) {
    pipe.lpush('q:default', job(`long-${size}`, 'default', { custom: { pad: 'x'.repeat(size) } }));
  }
  for (let n = 0; n < 5; n++) pipe.lpush('old-form', job(`old-form-${n}`, 'old-form'));
  pipe.lpush('q:old-form', job('new-form', 'old-form'));
  pipe.lpush('q:paused-one', job('ünïcode-💥', 'paused-one', { custom: { naïve: 'ключ\u2028' } }));
  pipe.zadd(
    'scheduled',
    1_795_600_000.1234567,
    job('scheduled-1', 'later', { at: '2026-11-25T09:46:40.1234567Z' }),
  );
  for (let n = 0; n < 300; n++)
    pipe.zadd('scheduled', 1_800_000_000 + (n % 3), job(`scheduled-many-${n}`, 'later'));
  pipe.zadd('retries', 1_796_083_200.123456, job('will-retry', 'default', { failure }));
  pipe.zadd(
    'dead',
    1_810_000_000.5,
    job('is-dead-1', 'default', { failure: { ...failure, next_at: undefined } }),
  );
  const reserved = { reserved_at: '2026-11-25T10:00:00Z', expires_at: '2026-11-25T10:30:00Z', wid: 'w' };
  pipe.zadd(
    'working',
    1_795_603_200,
    JSON.stringify({ job: JSON.parse(job('is-working', 'default', { failure })), ...reserved }).replace(
      '"args":[',
      '"args":[1.0,12345678901234567890,',
    ),
  );
  pipe.mset({
    processed: 120,
    failures: 7,
    'processed:2026-11-24': 50,
    'failures:2026-11-24': 3,
    'processed:2026-11-25': 60,
    v: 1,
  });
  // Keys that must not be imported.
  pipe.mset({ 'unique:abc': 1, 'unique:def': 1 });
  pipe.lpush('stranger', 'x');
  pipe.hset('b-abc', 'total', '3');
  pipe.xadd('events', '*', 'k', 'v');
  pipe.lpush('q:default', 'no json at all');
  pipe.lpush('q:default', Buffer.from([0xff, 0xfe, 0x00]));
  pipe.zadd('retries', 1_796_083_200, '{"jid":"no-jobtype","args":[]}');
  pipe.zadd('working', 1_795_603_200, '{"wid":"w"}');
  await pipe.exec();
}

afterAll(endRedis);
afterAll(endAll);

describe.skipIf(noRedis)('an import of a Faktory', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis(freshFolder(), '--repl-diskless-sync-delay', '0');
    await fill(redis);
    await redis.client.save();
  });

  it('imports everything, and a server hands out the jobs in order', async () => {
    const dir = freshFolder();
    const said = await run([redis.rdb, '-d', dir]);
    expect(said).toMatch(/ready +3015\nworking +1\nscheduled +301\nretries +1\ndead +1\n/);
    expect(said).toMatch(/default +3008\nempty +0\nold-form +6\npaused-one +1 +paused\n/);
    expect(said).toMatch(/120 executions, 7 of them failed, and 2 days of history/);
    expect(said).toMatch(/Import 3,319 jobs into .*\?\n3,319 jobs imported/);
    expect(said).toMatch(/the list stranger is named like a queue, but is not in the set "queues": ignored/);
    expect(said).toMatch(/2 keys such as "unique:.*locks of unique jobs/);
    expect(said).toMatch(/1 key such as "events": ignored/);
    expect(said).toMatch(/4 jobs could not be imported/);

    const [file = ''] = readdirSync(dir).filter((name) => name.startsWith('rejected-'));
    const rejected = readFileSync(join(dir, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rejected.map(({ key, reason }) => `${key}: ${reason}`)).toEqual([
      'working: a reservation without a job',
      'q:default: invalid JSON: unexpected "n" at position 0',
      expect.stringMatching(/^q:default: invalid JSON/),
      'retries: jobs must have a jobtype parameter',
    ]);
    expect(Buffer.from(rejected[2].base64, 'base64')).toEqual(Buffer.from([0xff, 0xfe, 0x00]));

    const lines = linesOf(dir);
    const one = (jid: string) => JSON.parse(lines.find((line) => line.includes(`"jid":"${jid}"`)) ?? '{}');
    expect(one('scheduled-1')).toMatchObject({ place: 'scheduled', at: '2026-11-25T09:46:40.123456Z' });
    expect(one('will-retry')).toMatchObject({
      place: 'retries',
      at: '2026-12-01T00:00:00.123456Z',
      job: { failure },
    });
    expect(one('is-dead-1')).toMatchObject({ place: 'dead', at: '2027-05-11T01:46:40.5Z' });
    expect(one('is-working')).toMatchObject({ place: 'ready', job: { failure } });
    expect(lines.find((line) => line.includes('"jid":"is-working"'))).toContain('[1.0,12345678901234567890,');
    expect(lines.slice(-4).map((line) => JSON.parse(line))).toMatchObject([
      { day: '2026-11-24', processed: 50, failures: 3 },
      { day: '2026-11-25', processed: 60, failures: 0 },
      { processed: 120, failures: 7 },
      { jobs: 3319 },
    ]);

    const server = faktory([...free, '-d', dir]);
    const fetches = [
      ...Array(4).fill('FETCH default'),
      ...Array(6).fill('FETCH old-form'),
      'FETCH paused-one',
    ];
    const fetched = (await converse(await server.port(), fetches)).match(/(?<="jid":")[^"]+|\$-1/g);
    const old = ['old-form-0', 'old-form-1', 'old-form-2', 'old-form-3', 'old-form-4', 'new-form'];
    expect(fetched).toEqual(['is-working', 'default-0', 'default-1', 'default-2', ...old, '$-1']);
    await expect(run([redis.rdb, '-d', dir, '--merge'])).rejects.toMatchObject({ code: 'LOCKED' });
  });

  it('is the same from the Redis and from its file in every format', async () => {
    const expected = freshFolder();
    expect(await run([`unix:${redis.socket}`, '-d', expected])).not.toContain('no snapshot');
    expect(linesOf(expected)).toHaveLength(3319 + 4 + 4);
    const byKeys = freshFolder();
    const said = await withoutSync(redis, () => run([`unix:${redis.socket}`, '-d', byKeys]));
    expect(said).toMatch(/^this Redis gives no snapshot .*NOPERM.*stop Faktory, all workers and producers/);
    expect(linesOf(byKeys)).toEqual(linesOf(expected));
    await redis.client.config('SET', 'repl-diskless-sync', 'no'); // a file of a known length
    const byLength = freshFolder();
    expect(await run([`unix:${redis.socket}`, '-d', byLength])).not.toContain('no snapshot');
    expect(linesOf(byLength)).toEqual(linesOf(expected));
    await redis.client.config('SET', 'repl-diskless-sync', 'yes');
    for (const [compress, checksum, size] of [
      ['yes', 'yes', '-2'],
      ['no', 'no', '1'],
      ['yes', 'no', '-5'],
    ] as const) {
      const other = await startRedis(
        freshFolder(),
        '--rdbcompression',
        compress,
        '--rdbchecksum',
        checksum,
        '--list-max-listpack-size',
        size,
        '--zset-max-listpack-entries',
        size === '1' ? '0' : '128',
      );
      await fill(other);
      await other.client.save();
      const dir = freshFolder();
      await run([other.rdb, '-d', dir]);
      expect(linesOf(dir)).toEqual(linesOf(expected));
    }
  });

  it('of an old file equals what a Redis of today reads from it', async () => {
    const dir = freshFolder();
    const jobs = Array.from({ length: 6 }, (_, n) => job(`old-job-${n}`, 'default'));
    const [a, b, c, d, e, f] = jobs as [string, string, string, string, string, string];
    writeFileSync(
      join(dir, 'dump.rdb'),
      rdb(8, [
        value(2, 'queues', listed(['default', 'plain', '77'].map(string))),
        value(11, 'paused', string(intset(2, [77]))),
        value(14, 'q:default', listed([string(ziplist([a, b])), string(ziplist([c]))])),
        value(1, 'plain', listed([d, e].map(string))),
        value(10, 'q:77', string(ziplist([f, '-1', '5', '300', '-70000', '3000000000', '9007199254740993']))),
        value(
          3,
          'scheduled',
          length(2),
          string(a),
          oldDouble('1800000000.25'),
          string(b),
          oldDouble('1700000000'),
        ),
        value(12, 'retries', string(ziplist([c, '1795600000', d, '1795600001.5']))),
        value(5, 'dead', length(1), string(e), double(1_900_000_000.125)),
        value(0, 'processed', string('1234')),
      ]),
    );
    const old = await startRedis(dir);
    const [fromFile, fromRedis] = [freshFolder(), freshFolder()];
    await run([join(dir, 'dump.rdb'), '-d', fromFile]);
    expect(await run([`unix:${old.socket}`, '-d', fromRedis])).toMatch(/6 jobs could not be imported/);
    expect(linesOf(fromFile)).toEqual(linesOf(fromRedis));
    expect(linesOf(fromFile)).toHaveLength(3 + 11 + 2);
  });

  it('has a dry run, and asks', async () => {
    const dir = join(freshFolder(), 'not-yet-there');
    expect(await run([redis.rdb, '-d', dir, '--dry-run'])).toMatch(
      /Nothing was imported. Without --dry-run, 3,319 jobs would go into/,
    );
    expect(() => readdirSync(dir)).toThrow(/ENOENT/);
    expect(await run([redis.rdb, '-d', dir], false)).toMatch(
      /Import 3,319 jobs into .*\?\nnothing was changed$/,
    );
    expect(() => linesOf(dir)).toThrow(/there is no faktory.db/);
  });

  it('goes into a store in use only with --merge, and then imports no job twice', async () => {
    const dir = freshFolder();
    await run([redis.rdb, '-d', dir, '--yes']);
    const before = linesOf(dir);
    await expect(run([redis.rdb, '-d', dir, '--yes'])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/is in use already/),
    });
    expect(await run([redis.rdb, '-d', dir, '--yes', '--merge'])).toMatch(
      /\n0 jobs imported into .*, 3,319 skipped/,
    );
    expect(linesOf(dir)).toEqual(before);
  });

  it('of a Redis in which retries become due all the time reads one moment: every job once', async () => {
    const dir = freshFolder();
    const busy = await startRedis(freshFolder(), '--repl-diskless-sync-delay', '0');
    await busy.client.sadd('queues', 'default');
    const pipe = busy.client.pipeline();
    for (let n = 0; n < 20_000; n++) pipe.zadd('retries', n, job(`retry-${n + 10_000}`, 'default'));
    await pipe.exec();
    // As Faktory does, but no job is ever between two places.
    const move = `for _ = 1, 20 do
      local due = redis.call('ZPOPMIN', 'retries')
      if due[1] then redis.call('LPUSH', 'q:default', due[1]) end
    end
    return redis.call('ZCARD', 'retries')`;
    let moved = 0;
    let ended = false;
    const moving = (async () => {
      while (!ended && Number(await busy.client.eval(move, 0)) > 0) moved += 20;
    })();
    await expect.poll(() => moved).toBeGreaterThan(0);
    const said = await run([`unix:${busy.socket}`, '-d', dir, '-y']);
    const after = moved;
    ended = true;
    await moving;
    expect(said).toContain('20,000 jobs imported');
    expect(said).not.toContain('no snapshot');
    const found = linesOf(dir).flatMap(
      (line) => /"place":"(\w+)".*"jid":"([^"]+)"/.exec(line)?.slice(1, 3) ?? [],
    );
    const places = found.filter((_, index) => index % 2 === 0);
    expect(new Set(found.filter((_, index) => index % 2 === 1)).size).toBe(20_000);
    expect(places.filter((place) => place === 'ready').length).toBeGreaterThan(0);
    expect(places.filter((place) => place === 'ready').length).toBeLessThanOrEqual(after);
  });

  it('fails and imports nothing when the Redis changes', async () => {
    const dir = freshFolder();
    const busy = await startRedis();
    await busy.client.sadd('queues', 'default');
    for (let n = 0; n < 500; n++) await busy.client.lpush('q:default', job(`busy-job-${n}`, 'default'));
    const { proxy, port } = await proxyTo(busy.socket, async (lranges) => {
      // The second reading has begun when the third piece is read.
      if (lranges === 3) await busy.client.rpop('q:default');
      return true;
    });
    await expect(
      withoutSync(busy, () => run([`redis://localhost:${port}`, '-d', dir, '-y'])),
    ).rejects.toMatchObject({
      message: expect.stringMatching(
        /^q:default changed while the jobs were read; .*; nothing was imported$/,
      ),
    });
    proxy.close();
    expect(existsSync(join(dir, 'faktory.db'))).toBe(false);
  });

  it('that is killed in the middle leaves nothing behind and can be repeated', async () => {
    const dir = freshFolder();
    let killed: Promise<unknown> | undefined;
    const { proxy, port } = await proxyTo(redis.socket, async (lranges) => {
      if (lranges < 12) return true; // the first reading needs seven
      program.signal('SIGKILL');
      killed = program.ended;
      return false;
    });
    const program = faktory(['import', `redis://:not-asked-for@localhost:${port}`, '-d', dir, '--yes']);
    await withoutSync(redis, () => program.ended);
    proxy.close();
    expect(killed).toBeDefined();
    expect(program.out).toContain('2 days of history'); // so the second reading had begun
    expect(linesOf(dir).at(-1)).toBe('{"kind":"end","jobs":0}');
    expect(await run([redis.rdb, '-d', dir, '--yes'])).toMatch(/\n3,319 jobs imported/);
  });

  it('takes a password for a socket; when the Redis refuses, it says how to write the password, or which rights are missing', async () => {
    const { client, socket } = redis;
    await client.config('SET', 'requirepass', 'right');
    await client.call('ACL', 'SETUSER', 'weak', 'on', '>wp', '~*', '+info');
    const dir = ['-d', freshFolder(), '--dry-run'];
    expect(await run([`unix:${socket}?password=right`, ...dir])).toContain('3,319 jobs would go');
    await expect(run([`unix:${socket}`, ...dir])).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining('unix:/PATH/OF/SOCKET?password=PASSWORD'),
    });
    await expect(run([`unix:${socket}?user=weak&password=wp`, ...dir])).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringMatching(/NOPERM.*\+sync \+replconf.*\+scan \+type \+get/),
    });
    await client.call(
      'ACL',
      'SETUSER',
      'weak',
      ...'+select +scan +type +get +llen +lrange +scard +sscan +zcard +zrange'.split(' '),
    );
    expect(await run([`unix:${socket}?user=weak&password=wp`, ...dir])).toContain('3,319 jobs would go');
    await client.config('SET', 'requirepass', '');
  });

  it('reads key by key with a password that the Redis does not need, and prints only our own lines', async () => {
    await withoutSync(redis, async () => {
      const args = ['import', `unix:${redis.socket}?password=needless`, '-d', freshFolder(), '--dry-run'];
      const command = faktory(args);
      expect(await command.ended).toBe(0);
      expect(command.err).toContain('it is read key by key');
      expect(command.out + command.err).not.toContain('[WARN]');
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'without free space for the snapshot names the folder, and does not read key by key',
    async () => {
      const args = ['import', `unix:${redis.socket}`, '-d', freshFolder(), '--dry-run'];
      const program = faktory(args, { TMPDIR: freshFolder() }, ['prlimit', '--fsize=1000']);
      expect([await program.ended, program.err]).toEqual([
        1,
        expect.stringMatching(
          /^faktory import: the snapshot of the Redis cannot be written to \/.*EFBIG.*set TMPDIR to a folder/,
        ),
      ]);
    },
  );

  it('never prints the password of the Redis', async () => {
    await redis.client.config('SET', 'requirepass', 'right');
    const { proxy, port } = await proxyTo(redis.socket, async () => true);
    for (const [login, code] of [
      [':wrong@', 'AUTH'],
      ['', 'AUTH'],
    ] as const) {
      const text = { message: expect.not.stringContaining('wrong@'), code };
      await expect(run([`redis://${login}localhost:${port}`, '-d', freshFolder()])).rejects.toMatchObject(
        text,
      );
    }
    const said = await run([`redis://:right@localhost:${port}`, '-d', freshFolder(), '--dry-run']);
    expect(said).toContain('3,319 jobs would go');
    proxy.close();
    await redis.client.config('SET', 'requirepass', '');
    const refused = { code: 'CLOSED', message: expect.stringMatching(/ECONNREFUSED.*check that it runs/) };
    await expect(run([`redis://:right@localhost:${port}`, '-d', freshFolder()])).rejects.toMatchObject(
      refused,
    );
  });
});

it('with --json an import prints one JSON value of what was found and done; messages go to standard error', async () => {
  const dir = freshFolder();
  const file = join(freshFolder(), 'dump.rdb');
  const jobs = [job('job-0000', 'default'), 'no job at all', job('job-0001', 'default')];
  writeFileSync(
    file,
    rdb(8, [
      value(2, 'queues', listed(['default'].map(string))),
      value(1, 'q:default', listed(jobs.map(string))),
    ]),
  );
  const printed: string[] = [];
  const noted: string[] = [];
  const terminal = {
    env: {},
    tty: false,
    width: 80,
    input: process.stdin,
    printAll: async () => undefined,
    print: (text: string) => void printed.push(text),
    note: (text: string) => void noted.push(text),
    confirm: async () => false,
    signal: new AbortController().signal,
    endable: async <T>(work: () => T | Promise<T>) => work(),
  };
  const found = {
    jobs: 2,
    places: { ready: 2, working: 0, scheduled: 0, retries: 0, dead: 0 },
    queues: [{ name: 'default', ready: 2, paused: false }],
    processed: 0,
    failures: 0,
    days: 0,
  };
  await runCommand(importing, [file, '-d', dir, '--json', '--dry-run'], terminal);
  expect(JSON.parse(printed.splice(0).join())).toMatchObject({ folder: dir, found, imported: null });
  expect(noted.join()).toMatch(/QUEUE[\s\S]*1 job cannot be imported/);
  await runCommand(importing, [file, '-d', dir, '--json', '--yes'], terminal);
  const { imported } = JSON.parse(printed.join());
  expect(imported).toMatchObject({ jobs: 2, skipped: 0, rejected: { jobs: 1 } });
  expect(readFileSync(imported.rejected.file, 'utf8')).toContain('no job at all');
});

it('an address that is no Redis and no file is refused with an error', async () => {
  const dir = ['-d', freshFolder()];
  await expect(run(['http://:secret@x', ...dir])).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.not.stringContaining('secret'),
  });
  await expect(run(['/no/such/file.rdb', ...dir])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(run([freshFolder(), ...dir])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const file = join(freshFolder(), 'dump.rdb');
  writeFileSync(file, rdb(9, [value(0, 'other', string('x'))]));
  await expect(run([file, ...dir])).rejects.toMatchObject({
    message: expect.stringMatching(/no data of a Faktory is in .*; 1 key such as "other"/),
  });
});

/**
 * A proxy to a Redis that reports each LRANGE before it passes it on; false holds it back for ever.
 */
async function proxyTo(socket: string, heard: (lranges: number) => Promise<boolean>) {
  let lranges = 0;
  const proxy = createServer((client) => {
    const redis = connect(socket);
    client.on('error', () => redis.destroy()).on('close', () => redis.destroy());
    redis.on('error', () => client.destroy());
    redis.pipe(client);
    client.on('data', async (data) => {
      client.pause();
      const asked = /lrange/i.test(data.toString('latin1'));
      if (asked) lranges++;
      if (asked && !(await heard(lranges))) return;
      redis.write(data);
      client.resume();
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  return { proxy, port: typeof address === 'object' && address ? address.port : 0 };
}
