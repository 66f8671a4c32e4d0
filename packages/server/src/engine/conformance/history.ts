/**
 * Conformance: history by minute and hour, and kinds of errors. Both survive a restart, are
 * bounded, and expire.
 */
import { fingerprint, fingerprintOfType } from '@faktory-ts/protocol';
import { describe, expect, test } from 'vitest';
import type { Outcome, SeriesAsk, SeriesStep } from '../engine.ts';
import { DAY, entries, entry, HOUR, jids, type Open, type Scene, SECOND, scenes } from './scene.ts';

const MINUTE = 60 * SECOND;

export function exerciseHistory(open: Open): void {
  describe('history', () => {
    const begin = scenes(open);
    exerciseSeries(begin);
    exerciseFilters(begin);
    exercisePercentiles(begin);
    exerciseKinds(begin);
    exerciseKept(begin);
    exerciseErrors(begin);
    exerciseErrorJobs(begin);
    exerciseManyErrors(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

/** Lets a minute pass and stores it. */
async function nextMinute(scene: Scene, by = MINUTE): Promise<void> {
  scene.now += by;
  await scene.history.record();
}

/** Takes the next job and settles it one second later. */
async function end(scene: Scene, outcome: Outcome, ...queues: string[]): Promise<void> {
  const held = await scene.take(...queues);
  scene.now += SECOND;
  await scene.engine.settle(held, outcome);
}

const failed = (message: string, to: 'retries' | 'dead' = 'retries', errtype = 'Boom'): Outcome => {
  const failure = JSON.stringify({
    failed_at: '2026-06-10T12:00:00Z',
    message,
    errtype,
    retry_count: 0,
    remaining: 1,
  });
  return { to, in: DAY, failure, error: { errtype, message } };
};

function series(scene: Scene, ask: Partial<SeriesAsk> = {}): Promise<readonly SeriesStep[]> {
  return scene.history.series({ from: 0, until: scene.now + DAY, step: 'minute', ...ask });
}

const counts = ({ at, pushed, done, failed: bad, dead }: SeriesStep) => [at, pushed, done, bad, dead];

function exerciseSeries(begin: Begin): void {
  test('each minute has its events, the running one too, and a restart keeps them', async () => {
    const scene = await begin();
    const start = scene.now;
    await scene.engine.push(entries(jids('job', 5)));
    await end(scene, { to: 'done' });
    await end(scene, failed('no'));
    const first = [start, 5, 1, 1, 0];
    expect((await series(scene)).map(counts)).toEqual([first]);
    scene.now = start;
    await nextMinute(scene);
    expect((await series(scene)).map(counts)).toEqual([first]);
    await nextMinute(scene);
    await nextMinute(scene);
    await end(scene, failed('no', 'dead'));
    await end(scene, { to: 'discarded' });
    await end(scene, { to: 'queue' });
    const later = [start + 3 * MINUTE, 0, 0, 1, 1];
    expect((await series(scene)).map(counts)).toEqual([first, later]);
    await scene.restart();
    expect((await series(scene)).map(counts)).toEqual([first, later]);
    await scene.engine.push([entry('more')]);
    const more = [start + 3 * MINUTE, 1, 0, 1, 1];
    expect((await series(scene)).map(counts)).toEqual([first, more]);
    expect((await series(scene, { step: 'hour' })).map(counts)).toEqual([[start, 6, 1, 2, 1]]);
    expect(await series(scene, { from: start + MINUTE, until: start + 3 * MINUTE })).toEqual([]);
    expect((await series(scene, { from: start + 59 * SECOND, until: start + MINUTE })).map(counts)).toEqual([
      first,
    ]);
  });

  test('an hour is the sum of its minutes', async () => {
    const scene = await begin();
    const start = scene.now;
    for (let minute = 0; minute < 90; minute++) {
      await scene.engine.push([entry(`job-${minute}`)]);
      await nextMinute(scene);
    }
    expect(await series(scene)).toHaveLength(90);
    expect((await series(scene, { step: 'hour' })).map(counts)).toEqual([
      [start, 60, 0, 0, 0],
      [start + HOUR, 30, 0, 0, 0],
    ]);
  });
}

function exerciseFilters(begin: Begin): void {
  test('waits and runs are known for a queue, for a jobtype and for both together', async () => {
    const scene = await begin();
    await scene.engine.push([entry('a', { queue: 'mail', jobtype: 'Send' })]);
    await scene.engine.push([
      entry('b', { queue: 'bulk', jobtype: 'Send' }),
      entry('c', { queue: 'bulk', jobtype: 'Sum' }),
    ]);
    scene.now += 20 * SECOND;
    for (const queue of ['mail', 'bulk', 'bulk']) await end(scene, { to: 'done' }, queue);
    for (const written of [false, true]) {
      if (written) await nextMinute(scene);
      const [all] = await series(scene);
      expect(all).toMatchObject({ pushed: 3, done: 3, failed: 0, dead: 0 });
      expect(all?.wait?.p50).toBeGreaterThan(5);
      expect(all?.wait?.p99).toBeLessThanOrEqual(30);
      expect(all?.run?.p50).toBeLessThanOrEqual(1);
      const [mail] = await series(scene, { queue: 'mail' });
      expect(mail).toMatchObject({ pushed: 1, done: 1, wait: { p50: 17.5 }, run: { p50: 0.9 } });
      const [send] = await series(scene, { jobtype: 'Send' });
      expect(send).toMatchObject({ pushed: 2, done: 2, wait: { p50: 20 }, run: { p50: 0.9 } });
      const [both] = await series(scene, { jobtype: 'Send', queue: 'bulk' });
      expect(both).toMatchObject({ pushed: 1, done: 1, wait: { p50: 20.5 }, run: { p50: 0.9 } });
      expect(await series(scene, { queue: 'none' })).toEqual([]);
    }
  });
}

function exercisePercentiles(begin: Begin): void {
  test('no percentile exceeds the longest time, in minutes, hours and joined steps', async () => {
    const scene = await begin();
    const start = scene.now;
    for (const [wait, run] of [
      [1, 130_000],
      [70 * SECOND, 31 * SECOND],
    ] as const) {
      await scene.engine.push(entries(jids(`job-${wait}`, 3)));
      scene.now += wait;
      const held = [await scene.take(), await scene.take(), await scene.take()];
      scene.now += run;
      for (const each of held) await scene.engine.settle(each, { to: 'done' });
      const [last] = (await series(scene)).slice(-1);
      expect(last?.wait?.p99).toBeLessThanOrEqual(wait / SECOND);
      expect(last?.run?.p99).toBeLessThanOrEqual(run / SECOND);
      expect(last?.run?.p50).toBeGreaterThan((run / SECOND) * 0.6);
      await nextMinute(scene, 2 * MINUTE);
    }
    for (const restarted of [false, true]) {
      if (restarted) await scene.restart();
      const [hour] = await series(scene, { step: 'hour' });
      expect(hour?.run?.p99).toBeLessThanOrEqual(31);
      expect(hour?.run?.p50).toBeLessThanOrEqual(0.15);
      const [joined] = await series(scene, { from: start, join: 60 });
      expect(joined?.wait?.p99).toBeLessThanOrEqual(70);
      const quick = (await series(scene))[0];
      expect(quick?.run?.p99).toBeLessThanOrEqual(0.13);
    }
  });
}

function exerciseKinds(begin: Begin): void {
  test('kinds returns the sums by queue and jobtype since a time, the most events first', async () => {
    const scene = await begin();
    const start = scene.now;
    await scene.engine.push([entry('a', { queue: 'mail', jobtype: 'Send' })]);
    await nextMinute(scene);
    await scene.engine.push(entries(jids('sum', 3), { queue: 'bulk', jobtype: 'Sum' }));
    await end(scene, failed('no'), 'mail');
    const mail = { queue: 'mail', jobtype: 'Send', pushed: 1, done: 0, failed: 1, dead: 0 };
    const bulk = { queue: 'bulk', jobtype: 'Sum', pushed: 3, done: 0, failed: 0, dead: 0 };
    expect(await scene.history.kinds(start)).toEqual([bulk, mail]);
    expect(await scene.history.kinds(start - 30 * DAY)).toEqual([bulk, mail]);
    expect(await scene.history.kinds(start + MINUTE)).toEqual([bulk, { ...mail, pushed: 0 }]);
    expect(await scene.history.kinds(start + HOUR)).toEqual([]);
  });
}

function exerciseKept(begin: Begin): void {
  test('events that a wrong clock stored in the future do not count for the current hour', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 3)));
    scene.now += 10 * DAY;
    await scene.history.record();
    await end(scene, failed('no', 'dead'));
    await scene.history.record();
    scene.now -= 10 * DAY;
    await scene.history.record();
    await end(scene, { to: 'done' });
    const kind = { queue: 'default', jobtype: 'T', pushed: 3, done: 1, failed: 0, dead: 0 };
    expect(await scene.history.kinds(scene.now - HOUR)).toEqual([kind]);
    expect(await scene.history.errors({ from: scene.now - HOUR })).toMatchObject([{ dead: 1, failures: 0 }]);
  });

  test('minutes expire after 1 day, hours and errors after 180 days', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    await end(scene, failed('no'));
    await nextMinute(scene);
    await end(scene, { to: 'done' });
    await nextMinute(scene);
    const expireAll = async (): Promise<number> => {
      let deleted = 0;
      for (let gone = 1; gone > 0; deleted += gone) gone = await scene.history.expire(1);
      return deleted;
    };
    expect(await expireAll()).toBe(0);
    scene.now += DAY + MINUTE;
    expect(await expireAll()).toBe(2);
    expect(await series(scene)).toEqual([]);
    expect(await series(scene, { step: 'hour' })).toHaveLength(1);
    scene.now += 180 * DAY;
    expect(await expireAll()).toBe(2);
    expect(await series(scene, { step: 'hour' })).toEqual([]);
    expect(
      (await scene.history.errors({ from: 0 })).map(({ failures, retries }) => [failures, retries]),
    ).toEqual([[0, 1]]);
  });

  test('a flush deletes history, and later events are counted', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    await end(scene, failed('no'));
    await nextMinute(scene);
    await end(scene, failed('no'));
    await scene.engine.flush();
    expect(await series(scene, { step: 'hour' })).toEqual([]);
    expect(await scene.history.kinds(0)).toEqual([]);
    expect(await scene.history.errors({ from: 0 })).toEqual([]);
    await scene.engine.push([entry('new')]);
    expect(await scene.history.kinds(0)).toMatchObject([{ pushed: 1 }]);
  });
}

function exerciseErrors(begin: Begin): void {
  test('failures are counted by kind of error and by hour, with their jobs', async () => {
    const scene = await begin();
    const start = scene.now;
    await scene.engine.push([
      entry('one', { jobtype: 'Send' }),
      entry('two', { jobtype: 'Sum' }),
      entry('three', { jobtype: 'Send' }),
      entry('four'),
    ]);
    await end(scene, failed('order 17 failed'));
    await end(scene, failed('order 4711 failed', 'dead'));
    await nextMinute(scene, HOUR);
    await end(scene, { to: 'discarded', error: { errtype: 'Boom', message: 'order 1 failed' } });
    await end(scene, failed('no such host', 'dead', 'NetError'));
    for (const again of [false, true]) {
      if (again) await scene.restart();
      const [net, boom, ...others] = await scene.history.errors({ from: start });
      expect(others).toEqual([]);
      expect(net).toEqual({
        ...fingerprint('NetError', 'no such host'),
        sample: 'no such host',
        jobtypes: ['T'],
        there: ['T'],
        retries: 0,
        dead: 1,
        failures: 1,
        first: scene.now,
        last: scene.now,
        jid: 'four',
        hours: [{ at: start + HOUR, count: 1 }],
      });
      expect(boom).toMatchObject({
        ...fingerprint('Boom', 'order 2 failed'),
        message: 'order <n> failed',
        sample: 'order 17 failed',
        retries: 1,
        dead: 1,
        failures: 3,
        first: start + SECOND,
        hours: [
          { at: start, count: 2 },
          { at: start + HOUR, count: 1 },
        ],
      });
      expect(boom?.jobtypes).toEqual(expect.arrayContaining(['Send', 'Sum']));
      expect([...(boom?.there ?? [])].sort()).toEqual(['Send', 'Sum']);
    }
    const later = await scene.history.errors({ from: start + HOUR });
    expect(later.map(({ failures }) => failures)).toEqual([1, 1]);
    const gone = scene.history.errors({ from: 0 }, AbortSignal.abort());
    await expect(gone).rejects.toMatchObject({ code: 'ABORTED' });
  });
}

function exerciseErrorJobs(begin: Begin): void {
  test('jobs of a kind of error are found and changed by its id', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 4)));
    for (const message of ['order 1 failed', 'no such host', 'order 2 "x"\nfailed', 'order 2 failed'])
      await end(scene, failed(message));
    const { id } = fingerprint('Boom', 'order 3 failed');
    const ask = { places: ['retries', 'ready', 'dead'], fingerprints: [id] } as const;
    const jobs = await scene.found(ask);
    expect(jobs.map(({ jid }) => jid)).toEqual(['job-000000', 'job-000003']);
    expect((await scene.finder.count(ask)).count).toBe(2);
    await scene.finder.change(
      jobs.map(({ entry: name }) => name),
      { do: 'kill', deadFor: DAY },
    );
    const groups = await scene.history.errors({ from: 0 });
    const of = (wanted: string) => groups.find((group) => group.id === wanted);
    expect(of(id)).toMatchObject({ retries: 0, dead: 2, failures: 2 });
    expect(of(fingerprint('Boom', 'no such host').id)).toMatchObject({ retries: 1, dead: 0 });
  });
}

function exerciseManyErrors(begin: Begin): void {
  test('beyond 500 kinds of errors the rest is counted by errtype, the sum is complete, and the jobs are found', async () => {
    const scene = await begin();
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const messages = letters.flatMap((one) => letters.map((other) => `${one} ${other} is no word`));
    const types = ['Early', 'Late'];
    for (const errtype of types) {
      const half = messages.slice(0, 300);
      await scene.engine.push(entries(jids(errtype, half.length)));
      for (const message of half) await end(scene, failed(message, 'retries', errtype));
      scene.now -= half.length * SECOND;
      await nextMinute(scene, SECOND);
    }
    const groups = await scene.history.errors({ from: 0 });
    const all = groups.filter(({ failures }) => failures > 0);
    expect(all).toHaveLength(501);
    expect(all.reduce((sum, { failures }) => sum + failures, 0)).toBe(600);
    expect(all.map(({ id }) => id)).not.toContain('other');
    const rest = all.find(({ message }) => message === '*');
    expect(rest).toMatchObject({ ...fingerprintOfType('Late'), failures: 100, retries: 300, there: ['T'] });
    expect(rest?.sample).toMatch(/is no word$/);
    const ask = { places: ['retries', 'dead'], fingerprints: [rest?.id ?? ''] } as const;
    let [count, cursor]: [number, string | undefined] = [0, undefined];
    do {
      const bite = await scene.finder.count(ask, cursor);
      count += bite.count;
      cursor = bite.next;
    } while (cursor !== undefined);
    expect(count).toBe(300);
  });

  test('beyond 700 groups of errors the rest is counted as other, without jobs', async () => {
    const scene = await begin();
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const types = letters.flatMap((one) => letters.map((two) => `Error${one}${two}`)).concat(letters);
    const many = [...types, ...letters.map((one) => `Another${one}`), ...letters.map((one) => `More${one}`)];
    await scene.engine.push(entries(jids('job', many.length)));
    for (const errtype of many) {
      const { jid } = await scene.take();
      await scene.engine.settle({ jid }, { to: 'discarded', error: { errtype, message: 'no' } });
    }
    await nextMinute(scene, SECOND);
    const groups = await scene.history.errors({ from: 0 });
    expect(groups).toHaveLength(701);
    expect(groups.reduce((sum, { failures }) => sum + failures, 0)).toBe(many.length);
    const other = groups.find(({ id }) => id === 'other');
    expect(other).toMatchObject({ failures: many.length - 700, retries: 0, dead: 0, there: [] });
  });
}
