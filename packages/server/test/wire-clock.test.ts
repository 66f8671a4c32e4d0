/**
 * The socket's rules while somebody sets the machine's clock: a worker that beats keeps its jobs, one that died loses them in time.
 */
import { expect, test } from 'vitest';
import type { Logger } from '../src/index.ts';
import { eventually, greeted, running, TestClock } from './running.ts';

/** A server whose wall clock can be set: `move` of both passes time. */
async function clocked() {
  const [wall, steady] = [new TestClock(), new TestClock(0)];
  const lines: string[] = [];
  const log: Logger = {
    debug() {},
    info() {},
    warn: (line) => void lines.push(line),
    error: (line) => void lines.push(line),
  };
  const server = await running({ clock: wall.now, steady: steady.now, log });
  const pass = (seconds: number): void => {
    wall.move(seconds);
    steady.move(seconds);
  };
  const sets = async () => (await server.info()).faktory.sets;
  return { server, wall, pass, lines, sets };
}

test.each([90, -3600, 40 * 86_400])(
  'a clock set by %i s takes no job from a worker that beats, and keeps none for a dead one',
  async (by) => {
    const { server, wall, pass, lines, sets } = await clocked();
    const [worker, dead] = [await greeted(server, 'w1'), await greeted(server, 'w2')];
    for (const client of [worker, dead]) {
      await client.json('EXT {"v":1,"lease":true}');
      await client.push(`job-of-${client === dead ? 'w2' : 'w1'}`);
      await client.json('FETCHB 1 default');
    }
    pass(10);
    await worker.ask('BEAT {"wid":"w1"}');
    wall.move(by);
    expect(await worker.ask('BEAT {"wid":"w1"}')).toBe('+OK');
    expect(await sets()).toMatchObject({ working: 2 });
    pass(5);
    await eventually(async () => (await sets()).retries === 1);
    expect(await sets()).toMatchObject({ working: 1, retries: 1 });
    const way = by < 0 ? 'back' : 'forward';
    expect(lines.filter((line) => line.includes('clock'))).toEqual([
      expect.stringContaining(`the clock of this machine was set ${way} by ${Math.abs(by).toFixed(1)} s; `),
    ]);
  },
);

test.each([90, -3600])(
  'a plain reservation lasts for its reserve_for when the clock is set by %i s',
  async (by) => {
    const { server, wall, pass, sets } = await clocked();
    const worker = await greeted(server, 'w1');
    await worker.push('job-00001', { reserve_for: 60 });
    await worker.fetch();
    wall.move(by);
    pass(59);
    await server.info();
    expect(await server.nextDue('working')).toBe(wall.at + 1_000_000);
    expect(await sets()).toMatchObject({ working: 1 });
    pass(1);
    await eventually(async () => (await sets()).retries === 1);
  },
);

test('a worker that falls silent is let go after a minute, whatever the clock does', async () => {
  const { server, wall, pass } = await clocked();
  const worker = await greeted(server, 'w1');
  wall.move(-3600);
  pass(61);
  await worker.closed();
  expect((await server.info()).faktory.tasks.Workers).toMatchObject({ size: 0, reaped: 1 });
});
