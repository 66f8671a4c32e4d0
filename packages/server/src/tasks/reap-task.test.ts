import { expect, it, vi } from 'vitest';
import type { WorkerRecord } from '../workers/roster.ts';
import { ReapTask } from './reap-task.ts';

it('each removed worker is logged with its host in at most five lines a minute, and one line counts the rest', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const lines: string[] = [];
    const log = { debug() {}, info() {}, warn: (text: string) => lines.push(text), error() {} };
    let silent: string[] = [];
    const reap = () =>
      silent.splice(0).map((wid) => ({ wid, hostname: 'web-1', pid: 7 }) as unknown as WorkerRecord);
    const task = new ReapTask({ reap }, log);
    task.run();
    expect(lines).toEqual([]);
    silent = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    task.run();
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe(
      'worker a (process 7 on web-1) sent no BEAT for 60 s: its connections are closed, and its jobs are retried when their reservations expire',
    );
    silent = ['h'];
    task.run();
    expect(lines).toHaveLength(5);
    vi.advanceTimersByTime(60_000);
    silent = ['i'];
    task.run();
    expect(lines.slice(5)).toEqual([
      '3 more workers were removed within a minute, because they sent no BEAT for 60 s',
      expect.stringMatching(/^worker i /),
    ]);
  } finally {
    vi.useRealTimers();
  }
});
