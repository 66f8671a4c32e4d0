import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@faktory-ts/client';
import { afterEach, describe, expect, it } from 'vitest';
import { converse, endAll, faktory, freshFolder, holdPort } from './program.ts';

afterEach(endAll);

/** A port that was free a moment ago: both servers need the same. */
async function freePort(): Promise<number> {
  const { port, server } = await holdPort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a server started with --take-over', () => {
  it('ends the one that holds the folder and goes on in its place; a client that pushes meanwhile loses nothing', async () => {
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
    await next.says(/process \d+ holds the data folder: it is asked to stop/);
    await next.port();
    expect(await old.ended).toBe(0);
    await client.push({ jobtype: 'T', args: [] });
    over = true;
    await pushing;
    expect((await client.info()).faktory.queues).toEqual({ default: pushed + 1 });
    await client.close();
  });

  it('ends nobody where the folder is free, whatever process the folder names', async () => {
    const dir = freshFolder();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'faktory.pid'), `${process.pid}\n`);
    const alone = faktory(['-b', 'localhost:0', '-w', ':0', '-d', dir, '--take-over']);
    expect(await converse(await alone.port(), ['INFO'])).toContain('"uptime"');
    expect(alone.out).not.toContain('asked to stop');
  });
});
