import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endAll, faktory, free, freshFolder } from './program.ts';

const USER = 65_534; // nobody
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: owner.test.ts needs root');
const asRoot = isRoot ? describe : describe.skip;

/** Whether other users can read this checkout and Node; otherwise root is refused. */
function readable(path: string): boolean {
  const { mode } = statSync(path);
  return (mode & 0o005) === 0o005 && (path === dirname(path) || readable(dirname(path)));
}
const here = readable(dirname(fileURLToPath(import.meta.url))) && readable(process.execPath);

let dir: string;
let home: string;
beforeEach(() => {
  dir = freshFolder();
  chownSync(dir, USER, USER);
  home = mkdtempSync(join(tmpdir(), 'root-home-'));
});
afterEach(async () => {
  await endAll();
  rmSync(home, { recursive: true, force: true });
});

const owners = (): number[] => [
  ...new Set(
    readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(dir, name)).uid),
  ),
];

async function run(...words: string[]): Promise<string> {
  const command = faktory([...words, '-d', dir]);
  const status = await command.ended;
  return status === 0 ? command.out : `${status}: ${command.err}`;
}

asRoot('root in a data folder of another user', () => {
  if (here) {
    it('runs server and commands as that user, and every file is of that user', async () => {
      const server = faktory([...free, '-d', dir]);
      await server.port();
      expect(server.out).toContain(`belongs to user ${USER}: running as that user instead of root`);
      expect(statSync(`/proc/${server.child.pid}`).uid).toBe(USER);
      expect(await run('backup')).toMatch(/0 jobs/);
      await server.stop();
      expect(await run('tokens', 'add', 'shop', '--scope', 'push')).not.toMatch(/^\d: /);
      expect(await run('restore', '--yes')).toMatch(/^restored/);
      expect(owners()).toEqual([USER]);
    });

    it('reads a dump that only root can read', async () => {
      const file = join(home, 'jobs.jsonl');
      const source = faktory(['dump', '-d', await filled()]);
      expect(await source.ended).toBe(0);
      writeFileSync(file, source.out, { mode: 0o600 });
      expect(await run('load', file)).toMatch(/^0 jobs loaded/);
      expect(owners()).toEqual([USER]);
    });

    it('keeps no group of root, whatever group the folder has', async () => {
      chownSync(dir, USER, 0);
      const server = faktory([...free, '-d', dir]);
      await server.port();
      const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
      expect(/^Gid:\t(.*)$/m.exec(status)?.[1]?.split('\t')).not.toContain('0');
      expect(/^Groups:\t(.*)$/m.exec(status)?.[1]?.trim().split(' ')).not.toContain('0');
    });

    it('makes a missing folder as the owner of the folder around it', async () => {
      const inside = join(dir, 'db');
      const server = faktory([...free, '-d', inside]);
      await server.port();
      expect([statSync(inside).uid, statSync(join(inside, 'faktory.db')).uid]).toEqual([USER, USER]);
    });

    it('says when the audit log cannot be written', async () => {
      mkdirSync(join(dir, 'audit.log'));
      const command = faktory(['tokens', 'add', 'shop', '--scope', 'push', '-d', dir]);
      expect(await command.ended).toBe(0);
      expect(command.err).toMatch(/the audit log misses entries: .*audit\.log/);
    });

    const closed: [string, (folder: string) => void, string][] = [
      ...['faktory.db', 'faktory.lock', 'tokens.json'].map(
        (name): [string, (folder: string) => void, string] => [
          `${name} of root's`,
          (folder) => {
            writeFileSync(join(folder, name), '', { mode: 0o600 });
          },
          `/db/${name}; as root: chown nobody `,
        ],
      ),
      ['a folder that its owner cannot write', (folder) => chmodSync(folder, 0o500), '/db; chmod u+rwx '],
      [
        "a closed folder of root's above it",
        (folder) => {
          chownSync(dirname(folder), 0, 0);
          chmodSync(dirname(folder), 0o700);
        },
        'above it is closed to that user; chmod o+x ',
      ],
    ];
    const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    it.skipIf(lowest <= 81)('names the right that a port below 1024 needs', async () => {
      chownSync(dir, USER, USER);
      const server = faktory(['-b', '127.0.0.1:81', '-w', ':0', '-d', dir]);
      expect(await server.ended).toBe(1);
      expect(server.err).toMatch(
        /may not listen on 127\.0\.0\.1:81; choose .* with -b, .*CAP_NET_BIND_SERVICE/,
      );
      expect(server.err).not.toContain('stop that process');
    });

    it('advises another user to use sudo, and doctor has a finding for it', async () => {
      const folder = join(dir, 'db');
      mkdirSync(folder, { mode: 0o700 });
      chownSync(folder, 0, 0);
      chmodSync(dir, 0o755);
      const asUser = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
      const told = /start this with sudo, or as the user who owns the folder; if \S+ is to use it: /;
      for (const closed of [false, true]) {
        if (closed) chmodSync(dir, 0o700);
        const env = { HOME: '/nonexistent' };
        const command = faktory(['backups', '-d', folder], env, asUser);
        const doctor = faktory(['doctor', '-d', folder], env, asUser);
        expect([await command.ended, await doctor.ended]).toEqual([1, 1]);
        expect(command.err).toMatch(told);
        expect(doctor.out).toMatch(told);
        expect(doctor.err).toMatch(/^no server was checked.*\nfaktory doctor: 1 finding to fix\n$/);
      }
    });

    it.each(closed)('names %s and the advice in the server, a command and doctor', async (_, close, told) => {
      const folder = join(dir, 'db');
      mkdirSync(folder, { mode: 0o700 });
      chownSync(folder, USER, USER);
      close(folder);
      const [server, command, doctor] = [
        faktory([...free, '-d', folder]),
        faktory(['backups', '-d', folder]),
        faktory(['doctor', '--json', '-d', folder]),
      ];
      expect([await server.ended, await command.ended, await doctor.ended]).toEqual([1, 1, 1]);
      expect(server.err).toContain(told);
      expect(command.err).toContain(told);
      const findings = JSON.parse(doctor.out) as {
        level: string;
        what: string;
        told: string;
        advice: string;
      }[];
      const wrong = findings.filter(({ level }) => level === 'wrong');
      expect(wrong.map(({ told, advice }) => `${told}; ${advice}`)).toEqual([expect.stringContaining(told)]);
    });

    it('lets the server start without its audit log and its backups, and doctor names both with advice', async () => {
      mkdirSync(join(dir, 'backups'), { mode: 0o700 });
      writeFileSync(join(dir, 'audit.log'), '', { mode: 0o600 });
      const server = faktory([...free, '-d', dir]);
      await server.port();
      expect(await server.stop()).toBe(0);
      const doctor = faktory(['doctor', '-d', dir]);
      expect(await doctor.ended).toBe(1);
      for (const name of ['audit.log', 'backups'])
        expect(doctor.out).toContain(`as root: chown nobody ${join(dir, name)}`);
      expect(await run('backups')).toMatch(/^1: .*\/backups; as root: chown nobody /);
    });

    it('writes nothing of root through a link that the user made', async () => {
      symlinkSync(join(home, 'made'), join(dir, 'audit.log'));
      symlinkSync(home, join(dir, 'backups'));
      await run('tokens', 'add', 'shop', '--scope', 'push');
      await run('backup');
      expect(readdirSync(home)).toEqual([]);
    });
  } else
    it('is refused when that user cannot read the program', async () => {
      expect(await run('tokens', 'add', 'shop', '--scope', 'push')).toMatch(/^2: .*that user cannot read/);
      expect(existsSync(join(dir, 'tokens.json'))).toBe(false);
    });

  it('never stays root behind a folder of another user, whatever the name leads to and whoever made it', async () => {
    const db = join(dir, 'db');
    const mine = mkdtempSync(join(home, 'mine-'));
    for (const owner of [USER, 0]) {
      symlinkSync(home, db);
      lchownSync(db, owner, owner);
      await refusedIn(db);
      rmSync(db);
    }
    renameSync(mine, db); // a folder of root
    await refusedIn(db);
    expect([readdirSync(home), readdirSync(db)]).toEqual([[], []]);
  });

  it('writes nothing into a folder of root while that user swaps names', async () => {
    for (const name of ['db', 'own']) mkdirSync(join(dir, name), { mode: 0o700 });
    symlinkSync(home, join(dir, 'link'));
    for (const name of ['db', 'own', 'link']) lchownSync(join(dir, name), USER, USER);
    // A command that meets the moment without a `db` makes one, which is in the way of the next
    // name.
    const swap = `const fs = require('fs'); fs.writeSync(1, 'on');
      const rename = (a, b) => {
        for (;;) try { return fs.renameSync(a, b); }
        catch { try { fs.rmSync(b, { recursive: true, force: true }); } catch {} }
      };
      for (;;) for (const [a, b] of [['db', 'x'], ['link', 'db'], ['db', 'link'], ['x', 'db']]) rename(a, b);`;
    const swapper = spawn(process.execPath, ['-e', swap], { cwd: dir, uid: USER, gid: USER });
    await once(swapper.stdout, 'data');
    for (let run = 0; run < 5; run++)
      await faktory(['tokens', 'add', `t${run}`, '--scope', 'push', '-d', join(dir, 'db')]).ended;
    const { exitCode } = swapper;
    swapper.kill();
    expect(exitCode).toBeNull(); // it swapped until now
    expect(readdirSync(home)).toEqual([]);
  });

  it('does not write through a link as doctor', async () => {
    const db = join(dir, 'db');
    symlinkSync(home, db);
    const command = faktory(['doctor', '-d', db, '-c', home]);
    expect(await command.ended).not.toBe(0);
    expect(command.out).toMatch(/cannot (be )?read/);
    expect(readdirSync(home)).toEqual([]);
  });
});

/** Commands cannot use the folder: each runs as another user without access. */
async function refusedIn(db: string): Promise<void> {
  for (const words of [free, ['tokens', 'add', 'shop', '--scope', 'push'], ['backup']])
    expect(await faktory([...words, '-d', db]).ended).not.toBe(0);
}

/** A data folder of root with a store. */
async function filled(): Promise<string> {
  const own = freshFolder();
  const server = faktory([...free, '-d', own]);
  await server.port();
  await server.stop();
  return own;
}
