import {
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
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
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

/** Whether other users can read this checkout, and Node: else root is refused. */
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

    it('writes nothing of root through a link that the user made', async () => {
      symlinkSync(join(home, 'made'), join(dir, 'audit.log'));
      symlinkSync(home, join(dir, 'backups'));
      await run('tokens', 'add', 'shop', '--scope', 'push');
      await run('backup');
      expect(readdirSync(home)).toEqual([]);
    });
  } else
    it('is refused where that user cannot read the program', async () => {
      expect(await run('tokens', 'add', 'shop', '--scope', 'push')).toMatch(/^2: .*that user cannot read/);
      expect(existsSync(join(dir, 'tokens.json'))).toBe(false);
    });

  it('does not follow a link in the path that another user made', async () => {
    symlinkSync(home, join(dir, 'db'));
    lchownSync(join(dir, 'db'), USER, USER);
    for (const words of [free, ['tokens', 'add', 'shop', '--scope', 'push'], ['backup']]) {
      const command = faktory([...words, '-d', join(dir, 'db')]);
      expect(await command.ended).not.toBe(0);
      expect(command.err).toMatch(/root must not follow the link .*db, which user 65534 made/);
    }
    expect(readdirSync(home)).toEqual([]);
  });
});

/** A data folder of root's with a store. */
async function filled(): Promise<string> {
  const own = freshFolder();
  const server = faktory([...free, '-d', own]);
  await server.port();
  await server.stop();
  return own;
}
