/**
 * Tests a server or proxy that answers "no job" at once, again and again: the worker waits longer
 * each time.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeServer } from '../../client/test/fake-server.ts';
import { Worker } from '../src/index.ts';

let fake: FakeServer;
let worker: Worker;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(async () => {
  vi.useRealTimers();
  await worker.stop();
  await fake.stop();
});

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
};

test.each([
  ['FETCHB', true, bulk('[]')],
  ['FETCH', false, '$-1\r\n'],
])(
  'a worker whose %s is answered at once without a job asks at most once a second in the end',
  async (verb, extensions, none) => {
    fake = await FakeServer.start({
      extensions,
      script: (line) => {
        if (line.startsWith('EXT')) return bulk('{"v":1,"max_fetch":100,"max_settle":1000,"lease":60}');
        return line.startsWith('FETCH') ? none : '+OK\r\n';
      },
    });
    worker = new Worker({ url: fake.url, handlers: { Run: () => undefined }, concurrency: 1 });
    const asked = (): number => fake.lines.filter((line) => line.startsWith(verb)).length;
    await worker.start();
    await fake.line(verb, 4);
    await settled();
    let expected = 4;
    for (const wait of [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]) {
      await vi.advanceTimersByTimeAsync(wait - 1);
      await settled();
      expect(asked()).toBe(expected);
      await vi.advanceTimersByTimeAsync(1);
      expected += 1;
      await fake.line(verb, expected);
      await settled();
    }
  },
);
