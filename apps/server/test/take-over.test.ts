import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@faktory-ts/client';
import { createServer } from '@faktory-ts/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startInPlace } from '../src/take-over.ts';
import { converse, endAll, faktory, free, freshFolder, holdPort } from './program.ts';

afterEach(endAll);

const unshare = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
const inOwnNamespace = unshare ? it : it.skip;

/** A port that was free a moment ago, for both servers. */
async function freePort(): Promise<number> {
  const { port, server } = await holdPort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a server started with --take-over', () => {
  it('stops the server that holds the folder and starts in its place; a client that pushes meanwhile loses nothing', async () => {
    const port = await freePort();
    const args = ['-b', `localhost:${port}`, '-w', ':0', '-d', freshFolder(), '--take-over'];
    const old = faktory(args);
    await old.port();
    const client = new Client({ url: `tcp://localhost:${port}`, timeout: 20_000 });
    let over = false;
    let pushed = 0;
    const pushing = (async () => {
      while (!over) {
        await client.push({ jobtype: 'T', args: [] });
        pushed++;
      }
    })();
    const next = faktory(args);
    await next.says(/the server that holds \S+ was asked to stop/);
    await next.port();
    expect(await old.ended).toBe(0);
    await client.push({ jobtype: 'T', args: [] });
    over = true;
    await pushing;
    expect((await client.info()).faktory.queues).toEqual({ default: pushed + 1 });
    await client.close();
  });

  it('ends no process when the folder is free, whatever process the folder names', async () => {
    const dir = freshFolder();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'faktory.pid'), `${process.pid}\n`);
    const alone = faktory(['-b', 'localhost:0', '-w', ':0', '-d', dir, '--take-over']);
    expect(await converse(await alone.port(), ['INFO'])).toContain('"uptime"');
    expect(alone.out).not.toContain('asked to stop');
  });

  it('ends only the server that holds the folder, whatever process faktory.pid names', async () => {
    const dir = freshFolder();
    const innocent = spawn('sleep', ['600']);
    const old = faktory([...free, '-d', dir]);
    await old.port();
    writeFileSync(join(dir, 'faktory.pid'), `${innocent.pid}\n`);
    const next = faktory([...free, '-d', dir, '--take-over']);
    await next.port();
    expect(await old.ended).toBe(0);
    expect(old.out).toContain('another server takes over this data folder: stopping');
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
    innocent.kill();
    expect(await next.stop()).toBe(0);
  });

  it('works in a folder whose path is longer than the system allows for sockets', async () => {
    const dir = join(freshFolder(), 'x'.repeat(120));
    const old = faktory([...free, '-d', dir]);
    await old.port();
    await faktory([...free, '-d', dir, '--take-over']).port();
    expect(await old.ended).toBe(0);
  });

  // Each process sees itself as process 1.
  inOwnNamespace('ends the one in another container on the same volume, and never itself', async () => {
    const dir = freshFolder();
    const container = ['unshare', '--pid', '--fork', '--kill-child'];
    const old = faktory([...free, '-d', dir], {}, container);
    await old.port();
    expect(readFileSync(join(dir, 'faktory.pid'), 'utf8')).toBe('1\n');
    const next = faktory([...free, '-d', dir, '--take-over'], {}, container);
    await next.port();
    expect(await old.ended).toBe(0);
    expect(readFileSync(join(dir, 'faktory.pid'), 'utf8')).toBe('1\n');
    expect(next.out).not.toContain('stopping');
  });

  it('says so when the holder has no socket to be asked through, and signals no process', async () => {
    const dir = freshFolder();
    const holder = createServer({ dir, port: 0 });
    await holder.start();
    const late = createServer({ dir, port: 0 });
    const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    await expect(startInPlace(late, log, 20)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('it has no faktory.sock in the folder'),
    });
    await holder.stop();
  });
});

const silentLog = () => ({ debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() });

describe('--take-over that cannot succeed', () => {
  it('does not stop the old server when another program uses an address, and names that program', async () => {
    const dir = freshFolder();
    const old = faktory([...free, '-d', dir]);
    const port = await old.port();
    const other = await holdPort();
    for (const [flag, args] of [
      ['-b', ['-b', `127.0.0.1:${other.port}`, '-w', ':0']],
      ['-w', ['-b', `localhost:${port}`, '-w', `127.0.0.1:${other.port}`]],
    ] as const) {
      const next = faktory([...args, '-d', dir, '--take-over']);
      expect(await next.ended).toBe(1);
      expect(next.err).toMatch(
        new RegExp(
          `cannot listen: 127.0.0.1:${other.port}.* is in use by process ${process.pid} .*address with ${flag}`,
        ),
      );
    }
    expect(await converse(port, ['INFO'])).toContain('"uptime"');
    expect(old.out).not.toContain('stopping');
    other.server.close();
    const next = faktory(['-b', `localhost:${port}`, '-w', ':0', '-d', dir, '--take-over']);
    await next.port();
    expect(await old.ended).toBe(0);
  });

  it('does not stop the old server when both addresses are the same', async () => {
    const dir = freshFolder();
    const old = faktory([...free, '-d', dir]);
    const [port, same] = [await old.port(), await freePort()];
    const next = faktory(['-b', `localhost:${same}`, '-w', `localhost:${same}`, '-d', dir, '--take-over']);
    expect(await next.ended).not.toBe(0);
    expect(await converse(port, ['INFO'])).toContain('"uptime"');
    expect(old.out).not.toContain('stopping');
  });

  it('says that a suspended server does not answer, how long it waits and what to do; that server continues when it is resumed', async () => {
    const dir = freshFolder();
    const old = faktory([...free, '-d', dir]);
    const port = await old.port();
    const late = createServer({ dir, port: 0 });
    const log = silentLog();
    old.signal('SIGSTOP');
    await expect(startInPlace(late, log, 500)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(
        new RegExp(
          `held by process ${old.child.pid}; --take-over got no answer from it in 0.5 s.*suspended.*not asked to stop.*kill -CONT`,
        ),
      ),
    });
    expect(log.warn).toHaveBeenCalledWith(expect.stringMatching(/does not answer: waiting for 0.5 s/));
    expect(log.info).not.toHaveBeenCalled();
    old.signal('SIGCONT');
    // A new question is answered after the old one, so the old one was read by then.
    const other = await holdPort();
    const next = faktory(['-b', `127.0.0.1:${other.port}`, '-w', ':0', '-d', dir, '--take-over']);
    expect(await next.ended).toBe(1);
    expect(next.err).toContain('cannot listen');
    other.server.close();
    expect(await converse(port, ['INFO'])).toContain('"uptime"');
    expect(old.out).not.toContain('stopping');
    expect(await old.stop()).toBe(0);
  });
});

describe('a data folder whose faktory.lock was deleted while its server runs', () => {
  it('prevents a second server and a compaction, also in repeated tries; each names the process that has the store', async () => {
    const dir = freshFolder();
    const old = faktory([...free, '-d', dir]);
    const port = await old.port();
    // A search opens the store a second time in the server.
    expect(await faktory(['jobs', '--url', `tcp://127.0.0.1:${port}`]).ended).toBe(0);
    rmSync(join(dir, 'faktory.lock'));
    for (const args of [[...free], [...free], ['compact']]) {
      const next = faktory([...args, '-d', dir]);
      expect(await next.ended).toBe(1);
      expect(next.out + next.err).toContain(
        `has no faktory.lock, and a process that is running has its faktory.db open, probably the server of process ${old.child.pid}`,
      );
      expect(existsSync(join(dir, 'faktory.lock'))).toBe(false);
    }
    expect(await old.stop()).toBe(0);
    const next = faktory([...free, '-d', dir]);
    await next.port();
    expect(await next.stop()).toBe(0);
  });

  it('prevents a second server after a new faktory.lock is made by hand', async () => {
    const dir = freshFolder();
    const old = faktory([...free, '-d', dir]);
    await old.port();
    rmSync(join(dir, 'faktory.lock'));
    writeFileSync(join(dir, 'faktory.lock'), '');
    for (const what of ['another', 'no']) {
      const next = faktory([...free, '-d', dir]);
      expect(await next.ended).toBe(1);
      expect(next.out + next.err).toContain(
        `has ${what} faktory.lock, and a process that is running has its faktory.db open, probably the server of process ${old.child.pid}`,
      );
    }
    expect(await old.stop()).toBe(0);
  });

  it('can be taken over, and its jobs are there', async () => {
    const dir = freshFolder();
    const old = faktory([...free, '-d', dir]);
    await converse(await old.port(), ['PUSH {"jid":"kept-00001","jobtype":"T","args":[]}']);
    rmSync(join(dir, 'faktory.lock'));
    const next = faktory([...free, '-d', dir, '--take-over']);
    expect(await converse(await next.port(), ['FETCH default'])).toContain('kept-00001');
    expect(await old.ended).toBe(0);
  });

  it('starts after a crash', async () => {
    const dir = freshFolder();
    const old = faktory([...free, '-d', dir]);
    await converse(await old.port(), ['PUSH {"jid":"kept-00001","jobtype":"T","args":[]}']);
    old.signal('SIGKILL');
    await old.ended;
    rmSync(join(dir, 'faktory.lock'));
    const next = faktory([...free, '-d', dir]);
    expect(await converse(await next.port(), ['FETCH default'])).toContain('kept-00001');
  });
});
