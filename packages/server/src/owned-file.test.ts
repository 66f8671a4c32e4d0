import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenFile } from './access/tokens.ts';
import { DataFolder } from './engine/sqlite/files/data-folder.ts';
import { appendOwned, createOwned, createOwnedFolder, keepPrivate, replaceOwned } from './owned-file.ts';
import { createServer } from './server.ts';

const USER = 65_534; // nobody
const asRoot = process.getuid?.() === 0 ? it : it.skip;
const onPosix = process.platform === 'win32' ? it.skip : it;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'owned-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const mode = (path: string) => statSync(path).mode & 0o777;

describe('a file in a data folder', () => {
  onPosix('is private whatever the umask says, and one that all users could read no longer is', () => {
    const umask = process.umask(0);
    try {
      closeSync(createOwned(join(dir, 'a')));
      appendOwned(join(dir, 'b'), 'text');
      replaceOwned(join(dir, 'c'), 'text');
      createOwnedFolder(join(dir, 'd'));
      writeFileSync(join(dir, 'e'), '', { mode: 0o644 });
      keepPrivate(join(dir, 'e'));
    } finally {
      process.umask(umask);
    }
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => mode(join(dir, name)))).toEqual([
      0o600, 0o600, 0o600, 0o700, 0o600,
    ]);
  });

  onPosix('keeps the rights that an operator gave to a group', () => {
    writeFileSync(join(dir, 'a'), '');
    chmodSync(join(dir, 'a'), 0o640);
    keepPrivate(join(dir, 'a'));
    expect(mode(join(dir, 'a'))).toBe(0o640);
  });

  it('is appended to and replaced as a whole', () => {
    const path = join(dir, 'a');
    appendOwned(path, 'one\n');
    appendOwned(path, 'two\n');
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    replaceOwned(path, 'three\n');
    expect(readFileSync(path, 'utf8')).toBe('three\n');
  });

  onPosix('is never opened through a symbolic link, also through one that leads nowhere', () => {
    const outside = join(dir, 'outside');
    const link = join(dir, 'link');
    symlinkSync(outside, link);
    for (const open of [appendOwned, keepPrivate]) {
      expect(() => open(link, 'text')).toThrow(`${link} is a symbolic link`);
    }
    expect(() => createOwned(link)).toThrow(/EEXIST/);
    expect(existsSync(outside)).toBe(false);
  });

  asRoot('belongs to the owner of its folder when root makes it; one that was there keeps its owner', () => {
    writeFileSync(join(dir, 'old'), '');
    chownSync(dir, USER, USER);
    appendOwned(join(dir, 'old'), 'text');
    appendOwned(join(dir, 'new'), 'text');
    replaceOwned(join(dir, 'replaced'), 'text');
    createOwnedFolder(join(dir, 'folder'));
    const owners = ['old', 'new', 'replaced', 'folder'].map((name) => statSync(join(dir, name)).uid);
    expect(owners).toEqual([0, USER, USER, USER]);
  });
});

describe('a data folder of another user in which root works', () => {
  asRoot('has only files of its owner after a server, tokens, a backup, a restore and a load', async () => {
    chownSync(dir, USER, USER);
    const server = createServer({ dir, port: 0 });
    await server.start();
    await server.stop();
    new TokenFile(dir, 'root').add('shop', 'push');
    const folder = new DataFolder(dir);
    await folder.backup();
    await folder.restore();
    await folder.load([...folder.dump()]);
    const paths = ['audit.log', 'backups', 'faktory.db', 'faktory.lock', 'faktory.pid', 'tokens.json'];
    const owners = paths.map((name) => [name, statSync(join(dir, name)).uid]);
    expect(owners).toEqual(paths.map((name) => [name, USER]));
  });

  const names = ['audit.log', 'faktory.db', 'faktory.lock', 'faktory.db-wal', 'tokens.json.new'];
  for (const name of names)
    asRoot(`does not get a file of root by a link called ${name}`, async () => {
      const home = mkdtempSync(join(tmpdir(), 'root-home-'));
      try {
        symlinkSync(join(home, 'made-by-root'), join(dir, name));
        const token = () => new TokenFile(dir, 'root').add('shop', 'push');
        if (name === 'tokens.json.new') expect(token).toThrow(/cannot write .*tokens.json/);
        else token();
        const server = createServer({ dir, port: 0 });
        if (name.startsWith('faktory'))
          await expect(server.start()).rejects.toMatchObject({ code: 'STORAGE' });
        expect(existsSync(join(home, 'made-by-root'))).toBe(false);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    });
});
