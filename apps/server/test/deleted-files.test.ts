/**
 * Tests files of the data folder that are deleted or moved away under a running server: no other
 * program may make the loss larger.
 */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { converse, endAll, faktory, free, freshFolder } from './program.ts';

afterEach(endAll);

const onLinux = process.platform === 'linux' ? it : it.skip;
const jid = 'kept-00001';

async function served() {
  const dir = freshFolder();
  const server = faktory([...free, '-d', dir]);
  const port = await server.port();
  await converse(port, [`PUSH {"jid":"${jid}","jobtype":"T","args":[]}`]);
  return { dir, server, port, store: join(dir, 'faktory.db'), log: join(dir, 'faktory.db-wal') };
}

async function run(...args: string[]) {
  const program = faktory(args);
  const status = await program.ended;
  return { status, text: program.out + program.err };
}

/** The ways in which a file gets lost. */
const ways = [
  ['deleted', (path: string) => rmSync(path)],
  ['moved', (path: string) => renameSync(path, join(freshFolder(), 'aside'))],
] as const;

const beside = [['backup'], ['dump'], ['verify', '--store'], ['doctor']];

describe.each(ways)('a faktory.db that is %s under its server', (_, lose) => {
  onLinux(
    'is not made anew by a backup or another command, and its log stays',
    async () => {
      const { dir, server, port, store, log } = await served();
      const bytes = statSync(log).size;
      lose(store);
      const url = `tcp://localhost:${port}`;
      for (const args of [['backup', '--url', url], ...beside.map((words) => [...words, '-d', dir])]) {
        const { status, text } = await run(...args);
        expect([args[0], status]).toEqual([args[0], 1]);
        expect(text).toContain(
          `${store} was deleted or replaced while the server runs; do not stop the server`,
        );
      }
      expect(existsSync(store)).toBe(false);
      expect(statSync(log).size).toBe(bytes);
      server.signal('SIGKILL');
      await server.ended;
      const next = await run(...free, '-d', dir);
      expect(next.status).toBe(1);
      expect(next.text).toContain('is missing or empty, but its log faktory.db-wal is there');
    },
    60_000,
  );
});

describe.each(ways)('a faktory.db-wal that is %s under its server', (_, lose) => {
  onLinux(
    'is noticed: pushes are refused, commands say how to keep all jobs, and a TERM keeps them',
    async () => {
      const { dir, server, port, log } = await served();
      lose(log);
      await server.says(/faktory\.db-wal was deleted or replaced .*stop the server in order \(TERM\)/);
      expect(await converse(port, ['PUSH {"jid":"late-00001","jobtype":"T","args":[]}'])).toContain(
        '-ERR storage failed',
      );
      for (const words of beside) {
        const { status, text } = await run(...words, '-d', dir);
        expect([words[0], status]).toEqual([words[0], 1]);
        expect(text).toContain('stop the server in order (TERM), which saves all jobs; do not kill it');
      }
      expect(existsSync(log)).toBe(false);
      expect(await server.stop()).toBe(0);
      const next = faktory([...free, '-d', dir]);
      expect(await converse(await next.port(), ['FETCH default'])).toContain(jid);
    },
    60_000,
  );
});

describe.each(ways)('a faktory.lock that is %s under its server', (_, lose) => {
  onLinux(
    'is a finding of doctor from the folder alone, with its cure, and hinders no other command',
    async () => {
      const { dir } = await served();
      expect((await run('doctor', '-d', dir)).text).not.toContain('faktory.lock');
      const lock = join(dir, 'faktory.lock');
      lose(lock);
      const { status, text } = await run('doctor', '-d', dir);
      expect(status).toBe(1);
      expect(text).toContain(`${lock} was deleted or replaced while the server runs`);
      expect(text).toContain('→ no job is lost: restart the server when it suits');
      for (const words of [['backup'], ['dump'], ['verify', '--store']])
        expect([words[0], (await run(...words, '-d', dir)).status]).toEqual([words[0], 0]);
    },
    60_000,
  );
});

describe('doctor', () => {
  it('says why it could not check the health, and how to check it', async () => {
    const { dir, port } = await served();
    const alone = await run('doctor', '-d', dir);
    expect(alone.text).toContain('no server was checked; name it with --url');
    for (const [web, why] of [
      [':0', 'HTTP is disabled in this configuration'],
      ['localhost:1', 'http://localhost:1/health/ready does not answer'],
    ] as const) {
      const { status, text } = await run('doctor', '-d', dir, '--url', `tcp://localhost:${port}`, '-w', web);
      expect([status, text]).toEqual([0, expect.stringContaining(`unknown, because ${why}`)]);
      expect(text).toContain('→ name the HTTP address of the server with -w');
    }
  });
});
