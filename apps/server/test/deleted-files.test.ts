/*
 * Files of the data folder that are deleted under a running server: nothing that runs beside it may make the loss larger.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
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

const beside = [['backup'], ['dump'], ['verify', '--store'], ['doctor']];

describe('a faktory.db that is deleted under its server', () => {
  onLinux(
    'is not made anew by a backup or another command, and its log stays',
    async () => {
      const { dir, server, port, store, log } = await served();
      const bytes = statSync(log).size;
      rmSync(store);
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

describe('a faktory.db-wal that is deleted under its server', () => {
  onLinux(
    'is noticed: pushes are refused, commands say how to keep all jobs, and a TERM keeps them',
    async () => {
      const { dir, server, port, log } = await served();
      rmSync(log);
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
