/**
 * Tests backup and repair with the program alone: a backup while the server runs, a kill, a
 * restore, a dump and a load.
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { converse, endAll, faktory, free, freshFolder, type Program } from './program.ts';

afterEach(endAll);

const push = (jid: string): string => `PUSH ${JSON.stringify({ jid, jobtype: 'T', args: [] })}`;

async function ran(...args: string[]): Promise<Program> {
  const command = faktory(args);
  await command.ended;
  return command;
}

it('a backup of a running server is restored after a kill; nothing is lost by it, and a dump carries the rest over', async () => {
  const dir = freshFolder();
  const server = faktory([...free, '-d', dir]);
  const port = await server.port();
  await converse(port, [push('before-the-backup')]);
  const made = await ran('backup', '--url', `tcp://localhost:${port}`, '--json');
  const { id } = JSON.parse(made.out) as { id: string };
  expect((await ran('backups', '-d', dir)).out).toMatch(new RegExp(`${id} +1 +1 +0`));
  expect((await ran('backup', '-d', dir)).out).toMatch(/: 1 job, \d+ kB, checked\n$/);
  await converse(port, [push('after-the-backup')]);
  expect((await ran('restore', id, '-d', dir, '--yes')).err).toMatch(/is held by process \d+; stop it/);
  server.signal('SIGKILL');
  await server.ended;

  const dump = await ran('dump', '-d', dir);
  expect(dump.out).toMatch(/"dump"[\s\S]*before-the-backup[\s\S]*after-the-backup[\s\S]*"end","jobs":2\}\n$/);
  expect((await ran('verify', id, '-d', dir)).out).toContain(`${id}: 1 job`);
  // there is no terminal to ask on
  expect(await (await ran('restore', id, '-d', dir)).ended).toBe(2);
  expect((await ran('restore', id, '-d', dir, '--yes')).out).toMatch(/restored .*\n.*is now in .*replaced-/);
  expect((await ran('purge', '1', '-d', dir, '--yes')).out).toBe('1 backup deleted\n');
  writeFileSync(join(dir, 'jobs.jsonl'), dump.out);
  const doubled = await ran('load', join(dir, 'jobs.jsonl'), '-d', dir);
  expect(await doubled.ended).toBe(1);
  expect(doubled.err).toMatch(/is in the store already; nothing was loaded; --skip-known .*--again/);
  const loaded = await ran('load', join(dir, 'jobs.jsonl'), '-d', dir, '--skip-known');
  expect(loaded.out).toBe(`1 job loaded into ${dir}, 1 skipped\n`);
  expect((await ran('verify', '--store', '-d', dir)).out).toContain('"ready":2');

  const again = faktory([...free, '-d', dir]);
  const said = await converse(await again.port(), ['FETCH default', 'FETCH default']);
  expect(said).toMatch(/before-the-backup[\s\S]*after-the-backup/);
}, 60_000);

it('in production the server makes a backup by itself', async () => {
  const config = freshFolder();
  mkdirSync(join(config, 'conf.d'));
  writeFileSync(join(config, 'conf.d', 'a.toml'), '[backups]\nkeep = 2\n');
  const dir = freshFolder();
  const args = [...free, '-d', dir, '-c', config, '-e', 'production'];
  const server = faktory(args, { FAKTORY_PASSWORD: 'secret' });
  await server.says(/I .* backup \d{4}-\S+ made and checked bytes=\d+/);
  expect((await ran('backups', '-d', dir, '--json')).out).toContain('"format"');
}, 60_000);

it('compact and salvage keep every job of a stopped store, and are refused while a server runs', async () => {
  const dir = freshFolder();
  const server = faktory([...free, '-d', dir]);
  await converse(await server.port(), [push('stays-here-1')]);
  for (const name of ['compact', 'salvage']) {
    const refused = await ran(name, '-d', dir, ...(name === 'salvage' ? ['--yes'] : []));
    expect([await refused.ended, refused.err]).toEqual([1, expect.stringMatching(/is held by process \d+/)]);
  }
  await server.stop();
  expect((await ran('compact', '-d', dir)).out).toMatch(/^1 MB before, 1 MB now\n$/);
  expect(JSON.parse((await ran('compact', '-d', dir, '--json')).out)).toMatchObject({
    after: expect.any(Number),
  });
  const salvaged = await ran('salvage', '-d', dir, '--yes');
  expect(salvaged.out).toMatch(
    /^1 job could be read.*\nnothing is lost\nthe previous store is now in .*replaced-/,
  );
  expect((await ran('verify', '--store', '-d', dir)).out).toContain('"ready":1');
}, 60_000);

it('a folder that a server uses is refused before any question', async () => {
  const dir = freshFolder();
  const server = faktory([...free, '-d', dir]);
  await converse(await server.port(), [push('is-held-001')]);
  await ran('backup', '-d', dir);
  for (const name of ['restore', 'salvage', 'compact']) {
    const refused = await ran(name, '-d', dir);
    expect([await refused.ended, refused.err]).toEqual([1, expect.stringMatching(/is held by process \d+/)]);
  }
}, 60_000);

it('a backup of a store whose log is missing names that store, and nothing is left in the folder of backups', async () => {
  const [dir, copy] = [freshFolder(), freshFolder()];
  const server = faktory([...free, '-d', dir]);
  await converse(await server.port(), [push('in-the-log-1')]);
  copyFileSync(join(dir, 'faktory.db'), join(copy, 'faktory.db'));
  const refused = await ran('backup', '-d', copy);
  expect([await refused.ended, refused.err]).toEqual([
    1,
    expect.stringContaining(
      `${join(copy, 'faktory.db')} was not closed by a stop, and its log faktory.db-wal is missing`,
    ),
  ]);
  expect(readdirSync(join(copy, 'backups'))).toEqual([]);
}, 60_000);

it('a salvage that can read no job exits 1 and says to restore a backup', async () => {
  const dir = freshFolder();
  const server = faktory([...free, '-d', dir]);
  await converse(await server.port(), [push('is-gone-1')]);
  await server.stop();
  const store = join(dir, 'faktory.db');
  const bytes = readFileSync(store);
  const page = bytes.readUInt16BE(16); // the bytes of a page
  for (let at = bytes.indexOf('is-gone-1'); at >= 0; at = bytes.indexOf('is-gone-1')) {
    const begin = at - (at % page);
    bytes.fill(0xff, begin, begin + page);
  }
  writeFileSync(store, bytes);
  const salvaged = await ran('salvage', '-d', dir, '--yes');
  expect([await salvaged.ended, salvaged.err]).toEqual([
    1,
    expect.stringMatching(/no job could be read; restore a backup\n$/),
  ]);
  expect(salvaged.out).toContain('not readable: all rows of the jobs');
}, 60_000);

it('verify --store of a damaged store names the commands that help', async () => {
  const dir = freshFolder();
  writeFileSync(join(dir, 'faktory.db'), 'no database at all');
  const damaged = await ran('verify', '--store', '-d', dir);
  expect([await damaged.ended, damaged.err]).toEqual([
    1,
    expect.stringContaining(`faktory salvage -d ${dir}`),
  ]);
}, 60_000);

it('load reads gzip files and gzip on standard input', async () => {
  const dir = freshFolder();
  const server = faktory([...free, '-d', dir]);
  await converse(await server.port(), [push('packed-0001')]);
  await server.stop();
  const file = join(freshFolder(), 'jobs.jsonl.gz');
  writeFileSync(file, gzipSync((await ran('dump', '-d', dir)).out));
  expect((await ran('load', file, '-d', freshFolder())).out).toMatch(/^1 job loaded into /);
  const piped = faktory(['load', '-', '-d', freshFolder()], {}, ['bash', '-c', `"$@" <'${file}'`, 'bash']);
  expect([await piped.ended, piped.out]).toEqual([0, expect.stringMatching(/^1 job loaded into /)]);
  writeFileSync(file, readFileSync(file).subarray(0, 40));
  const cut = await ran('load', file, '-d', freshFolder());
  expect([await cut.ended, cut.err]).toEqual([1, expect.stringMatching(/jobs\.jsonl\.gz cannot be read/)]);
}, 60_000);

it('a failed load makes no store in an empty folder', async () => {
  const [dir, file] = [freshFolder(), join(freshFolder(), 'notes.txt')];
  writeFileSync(file, 'secret words\n');
  const refused = await ran('load', file, '-d', dir);
  expect([await refused.ended, refused.err]).toEqual([
    1,
    expect.stringMatching(
      /^faktory load: line 1: this is not a dump: .*faktory dump makes one.*nothing was loaded\n$/,
    ),
  ]);
  expect(refused.err).not.toContain('secret');
  expect(readdirSync(dir).filter((name) => name.startsWith('faktory.db'))).toEqual([]);
}, 60_000);

const looks = [
  ['tokens'],
  ['backups'],
  ['purge'],
  ['verify'],
  ['verify', '--store'],
  ['restore'],
  ['dump'],
  ['backup'],
];

it('a missing data folder is an error of every command, in one line and with exit status 1', async () => {
  const dir = join(freshFolder(), 'nowhere');
  for (const words of looks) {
    const command = await ran(...words, '-d', dir);
    expect([await command.ended, command.out, command.err]).toEqual([
      1,
      '',
      expect.stringMatching(/^faktory \w+: there is no data folder .*nowhere; .*\n$/),
    ]);
  }
}, 60_000);

it.skipIf(process.getuid?.() !== 0)(
  'an unreadable data folder is an error of every command, in one line and with exit status 1',
  async () => {
    const dir = freshFolder();
    chmodSync(dir, 0o000);
    for (const words of [...looks, ['doctor', '-c', dir]]) {
      const command = faktory([...words, '-d', dir], {}, withoutRights);
      expect([await command.ended, command.out + command.err]).toEqual([
        1,
        expect.stringMatching(/cannot be read \(EACCES\)|as root: chown \S+ \S+/),
      ]);
      // doctor also says that no server was checked.
      expect(command.err.replace(/^no server was checked; .*\n/, '')).toMatch(/^.*\n$/);
    }
  },
  60_000,
);

// Root without the rights of root: the files of the program stay readable wherever they are.
const withoutRights = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--reuid=1', '--clear-groups'];

it('an error of the system is one line with its cause: a folder named like the store, a missing TMPDIR', async () => {
  const dir = freshFolder();
  mkdirSync(join(dir, 'faktory.db'));
  const server = faktory([...free, '-d', dir]);
  expect(await server.ended).toBe(1);
  expect(server.err).toMatch(/\nfaktory: .*faktory\.db is not a regular file; move it away.*\n$/);
  const command = faktory(['import', 'redis://localhost:1', '-d', dir], { TMPDIR: join(dir, 'none') });
  expect(await command.ended).toBe(1);
  expect(command.err).toMatch(/^faktory import: ENOENT: .*TMPDIR must name a folder.*\n$/);
}, 60_000);

it.skipIf(process.platform !== 'linux')(
  'a reader that goes away ends a dump quietly; a full disk behind standard output is an error',
  async () => {
    const dir = freshFolder();
    const server = faktory([...free, '-d', dir]);
    await converse(await server.port(), [push('one-job-here')]);
    await server.stop();
    const shell = (tail: string) => faktory(['dump', '-d', dir], {}, ['bash', '-c', `"$@" ${tail}`, 'bash']);
    const cut = shell('| true; exit $PIPESTATUS');
    expect([await cut.ended, cut.err]).toEqual([0, '']);
    for (const words of [['dump'], ['tokens', '--json']]) {
      const through = ['bash', '-c', '"$@" >/dev/full', 'bash'];
      const full = faktory([...words, '-d', dir], {}, through);
      expect([await full.ended, full.err]).toEqual([1, expect.stringMatching(/^faktory \w+: .*ENOSPC.*\n$/)]);
    }
  },
  60_000,
);

it('a newer backup that cannot be used is named by verify, which ends with 1, and by restore', async () => {
  const dir = freshFolder();
  const server = faktory([...free, '-d', dir]);
  await server.port();
  await server.stop();
  await ran('backup', '-d', dir);
  const bad = '2099-01-01T00-00-00.000Z';
  writeFileSync(join(dir, 'backups', `${bad}.json`), '{}');
  const verified = await ran('verify', '-d', dir);
  expect([await verified.ended, verified.out]).toEqual([1, expect.stringMatching(/: 0 jobs, .* checked\n$/)]);
  expect(verified.err).toMatch(`the newer backup ${bad} cannot be used: its copy ${bad}.db.gz is missing`);
  const restored = await ran('restore', '-d', dir, '--yes');
  expect([await restored.ended, restored.err]).toEqual([0, expect.stringContaining(`${bad} cannot be used`)]);
}, 60_000);

/** A dump with this number of ready jobs. */
function dumpOf(jobs: number): string {
  const lines = Array.from({ length: jobs }, (_, n) => ({
    kind: 'job',
    place: 'ready',
    job: { jid: `in-the-dump-${n}`, jobtype: 'T', queue: 'default', args: ['x'.repeat(100)] },
  }));
  const all = [{ 'faktory-ts': 'dump', version: 2 }, ...lines, { kind: 'end', jobs }];
  return all.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Resolves when a file of this name is made in the folder. */
function made(dir: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dir, (_, changed) => {
      if (changed !== name) return;
      watcher.close();
      resolve();
    });
  });
}

it('a signal ends salvage, compact and load at once; the store is unchanged and no other store is left', async () => {
  const dir = freshFolder();
  const file = join(freshFolder(), 'jobs.jsonl');
  writeFileSync(file, dumpOf(60_000));
  await ran('load', file, '-d', dir);
  const before = readFileSync(join(dir, 'faktory.db'));
  for (const [words, begun, signal, status, told] of [
    [['salvage', '--yes'], '.salvaged.db', 'SIGTERM', 143, /unchanged, and nothing is left of the new one/],
    [['salvage', '--yes'], '.salvaged.db', 'SIGINT', 130, /unchanged, and nothing is left of the new one/],
    [['compact'], '.compacted.db', 'SIGTERM', 'SIGTERM', /^$/],
    [['load', '--again', file], 'faktory.db-wal', 'SIGTERM', 143, /ended by a signal; nothing was loaded/],
  ] as const) {
    const begins = made(dir, begun);
    const command = faktory([...words, '-d', dir]);
    await begins;
    command.signal(signal);
    expect([await command.ended, command.out, command.err]).toEqual([
      status,
      '',
      expect.stringMatching(told),
    ]);
    expect(readdirSync(dir).filter((name) => /salvaged|replaced/.test(name))).toEqual([]);
  }
  expect(readFileSync(join(dir, 'faktory.db')).equals(before)).toBe(true);
}, 60_000);

it('a signal ends a load that waits for standard input, and no store is left', async () => {
  const dir = freshFolder();
  const begins = made(dir, 'faktory.db');
  const command = faktory(['load', '-', '-d', dir]);
  command.child.stdin.write('{"faktory-ts":"dump","version":2}\n');
  await begins;
  command.signal('SIGTERM');
  expect([await command.ended, command.err]).toEqual([143, expect.stringContaining('nothing was loaded')]);
  expect(readdirSync(dir).filter((name) => name.startsWith('faktory.db'))).toEqual([]);
}, 60_000);

it('load of an empty file says that it is empty', async () => {
  const file = join(freshFolder(), 'jobs.jsonl');
  for (const text of ['', '\n\n']) {
    writeFileSync(file, text);
    const refused = await ran('load', file, '-d', freshFolder());
    expect([await refused.ended, refused.err]).toEqual([
      1,
      expect.stringMatching(/^faktory load: the dump is empty.*nothing was loaded\n$/),
    ]);
  }
}, 60_000);
