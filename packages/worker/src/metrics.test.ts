import { expect, test } from 'vitest';
import { Metrics } from './metrics.ts';

const now = { busy: 2, concurrency: 10 };
const done = { to: 'done' } as const;

/** The value of a line, by the text before it. */
function value(metrics: Metrics, start: string): number | undefined {
  const found = metrics
    .text(now)
    .split('\n')
    .find((line) => line.startsWith(`${start} `));
  return found === undefined ? undefined : Number(found.slice(start.length + 1));
}

test('jobs are counted by jobtype and outcome', () => {
  const metrics = new Metrics(['Mail', 'Sum']);
  metrics.ended({ jobtype: 'Mail' }, done, 1);
  metrics.ended({ jobtype: 'Mail' }, { to: 'failed' }, 1);
  metrics.ended({ jobtype: 'Mail' }, { to: 'failed' }, 1);
  metrics.ended({ jobtype: 'Sum' }, { to: 'released' }, 1);
  expect(value(metrics, 'faktory_worker_jobs_total{jobtype="Mail",outcome="done"}')).toBe(1);
  expect(value(metrics, 'faktory_worker_jobs_total{jobtype="Mail",outcome="failed"}')).toBe(2);
  expect(value(metrics, 'faktory_worker_jobs_total{jobtype="Sum",outcome="released"}')).toBe(1);
  expect(value(metrics, 'faktory_worker_jobs_total{jobtype="Sum",outcome="done"}')).toBe(0);
});

test('jobtypes without a handler are counted as one, so the page does not grow', () => {
  const metrics = new Metrics(['Mail']);
  const before = metrics.text(now).split('\n').length;
  for (let n = 0; n < 50; n++) metrics.ended({ jobtype: `Made up ${n}` }, { to: 'failed' }, 1);
  expect(value(metrics, 'faktory_worker_jobs_total{jobtype="other",outcome="failed"}')).toBe(50);
  expect(metrics.text(now).split('\n')).toHaveLength(before);
});

test('a handler named `other` is not listed twice', () => {
  const text = new Metrics(['other']).text(now);
  expect(text.match(/jobs_total\{jobtype="other",outcome="done"\}/g)).toHaveLength(1);
});

test('run times fall into cumulative buckets, in seconds', () => {
  const metrics = new Metrics(['Mail']);
  for (const ms of [5, 90, 2000, 7_200_000]) metrics.ended({ jobtype: 'Mail' }, done, ms);
  const bucket = (le: string) =>
    value(metrics, `faktory_worker_job_seconds_bucket{jobtype="Mail",le="${le}"}`);
  expect(['0.005', '0.025', '0.1', '1', '5', '1800', '+Inf'].map(bucket)).toEqual([1, 1, 2, 2, 3, 3, 4]);
  expect(value(metrics, 'faktory_worker_job_seconds_count{jobtype="Mail"}')).toBe(4);
  expect(value(metrics, 'faktory_worker_job_seconds_sum{jobtype="Mail"}')).toBeCloseTo(7202.095);
});

test('fetches, beats, lag and slots are on the page', () => {
  const metrics = new Metrics([]);
  metrics.fetched(0);
  metrics.fetched(5);
  metrics.beat(true);
  metrics.beat(false);
  metrics.lag(250);
  metrics.lag(50);
  const named = {
    busy: 2,
    concurrency: 10,
    fetches_total: 2,
    fetched_jobs_total: 5,
    'beats_total{result="ok"}': 1,
    'beats_total{result="failed"}': 1,
    event_loop_lag_seconds: 0.05,
    event_loop_lag_seconds_total: 0.3,
  };
  for (const [name, wanted] of Object.entries(named))
    expect([name, value(metrics, `faktory_worker_${name}`)]).toEqual([name, wanted]);
  expect(value(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
});

test('every line is one that Prometheus reads, and each family is declared once, before its samples', () => {
  const metrics = new Metrics(['Quote " back \\ line \n end']);
  metrics.ended({ jobtype: 'x' }, done, 3);
  const text = metrics.text(now);
  expect(text.endsWith('\n')).toBe(true);
  const declared = new Set<string>();
  for (const line of text.trimEnd().split('\n')) {
    const [, name] = /^# TYPE (\w+) (?:counter|gauge|histogram)$/.exec(line) ?? [];
    if (name !== undefined) {
      expect(declared).not.toContain(name);
      declared.add(name);
    } else if (!line.startsWith('# HELP ')) {
      expect(line).toMatch(
        /^\w+(\{\w+="(?:[^"\\]|\\["\\n])*"(?:,\w+="(?:[^"\\]|\\["\\n])*")*\})? [-+\d.e]+$/,
      );
      const family = (/^\w+/.exec(line)?.[0] ?? '').replace(/_(bucket|sum|count)$/, '');
      expect(declared).toContain(family);
    }
  }
});
