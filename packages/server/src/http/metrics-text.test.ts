import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { gauges } from './families.ts';
import { familyText } from './metrics-text.ts';

test('of a family at most 1,000 samples are written at once, under one head and in their order', async () => {
  const most: number[] = [];
  class Watched extends Registry {
    override async metrics(): Promise<string> {
      const text = await super.metrics();
      most.push(text.split('\n').filter((line) => line.startsWith('faktory_')).length);
      return text;
    }
  }
  const names = Array.from({ length: 2500 }, (_, n) => `queue-${n}`);
  const values = names.map((queue, value) => ({ labels: { queue }, value }));
  const text = await familyText(Watched, gauges('faktory_queue_size', 'Ready jobs.', values));
  expect(most).toEqual([1000, 1000, 500]);
  const lines = names.map((queue, value) => `faktory_queue_size{queue="${queue}"} ${value}`);
  const head = ['# HELP faktory_queue_size Ready jobs.', '# TYPE faktory_queue_size gauge'];
  expect(text).toBe([...head, ...lines, ''].join('\n'));
});

test('a family without samples has its head', async () => {
  const text = await familyText(Registry, gauges('faktory_none', 'Nothing.', []));
  expect(text).toContain('# TYPE faktory_none gauge\n');
});
