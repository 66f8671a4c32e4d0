/**
 * Tasks of features, run by a server, with the clock moved by hand.
 */
import { FaktoryError, parseJob } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import type { End } from '../src/engine/engine.ts';
import type { Feature, FeatureServices, FeatureTask } from '../src/jobs/feature.ts';
import { silent } from '../src/log.ts';
import { eventually, folder, greeted, runningWith, TestClock } from './running.ts';

const SECOND = 1_000_000;

const feature = (...tasks: FeatureTask['run'][]): Feature => ({
  name: 'timed',
  options: [],
  tasks: tasks.map((run, index) => ({ name: `timed-${index}`, run })),
});

test('a task runs at the start and after the span that it returned, and not before', async () => {
  const clock = new TestClock();
  const runs: number[] = [];
  const run = async ({ clock: now }: FeatureServices): Promise<End> => {
    runs.push(now() - start);
    return { in: 10 * SECOND };
  };
  const start = clock.now();
  let looks = 0;
  // Another task shows that time is looked at.
  const look = async (): Promise<End> => ({ in: looks++ === 0 ? 1 : 0 });
  await runningWith([feature(run, look)], { clock: clock.now });
  await eventually(() => runs.length === 1 && looks === 1);
  clock.move(9);
  const before = looks;
  await eventually(() => looks > before + 300);
  expect(runs).toEqual([0]);
  clock.move(1);
  await eventually(() => runs.length === 2);
  expect(runs).toEqual([0, 10 * SECOND]);
});

test('a task that waits for an instant follows a step of the wall clock, one that waits for a span does not', async () => {
  const [wall, steady] = [new TestClock(), new TestClock(0)];
  const runs: string[] = [];
  const at = wall.now() + 3600 * SECOND;
  const instant = async (): Promise<End> => {
    runs.push('instant');
    return { at: wall.now() < at ? at : at + 3600 * SECOND };
  };
  const span = async (): Promise<End> => {
    runs.push('span');
    return { in: 60 * SECOND };
  };
  await runningWith([feature(instant, span)], { clock: wall.now, steady: steady.now });
  await eventually(() => runs.length === 2);
  wall.move(3600);
  await eventually(() => runs.length === 3);
  expect(runs).toEqual(['instant', 'span', 'instant']);
  steady.move(60);
  wall.move(60);
  await eventually(() => runs.length === 4);
  expect(runs.at(-1)).toBe('span');
});

test('two servers push a due job once: the claim of its tick and the push are one commit', async () => {
  const clock = new TestClock();
  const refusals: string[] = [];
  const tick = async ({ entry, push, clock: now }: FeatureServices): Promise<End> => {
    const due = Math.floor(now() / (60 * SECOND));
    const job = parseJob(`{"jid":"ticked-${due}","jobtype":"T","args":[]}`);
    const claim = { do: 'claim', key: `timed:${due}`, until: { in: 3600 * SECOND } } as const;
    for (const { code } of await push([entry(job, { effects: [claim] })])) refusals.push(code);
    return { at: (due + 1) * 60 * SECOND };
  };
  const server = await runningWith([feature(tick, tick)], { clock: clock.now });
  await eventually(() => refusals.length === 1);
  clock.move(60);
  await eventually(() => refusals.length === 2);
  expect(refusals).toEqual(['NOTUNIQUE', 'NOTUNIQUE']);
  expect((await server.info()).faktory.queues).toEqual({ default: 2 });
});

test('an error of a task is logged once while it repeats, and again after a run that succeeded', async () => {
  const clock = new TestClock();
  const errors: string[] = [];
  const log = { ...silent, error: (text: string) => errors.push(text) };
  const answers = [new Error('no'), new Error('no'), new Error('other'), undefined, new Error('other')];
  let runs = 0;
  const run = async (): Promise<End> => {
    const error = answers[runs];
    runs += 1;
    if (error) throw error;
    return { in: SECOND };
  };
  await runningWith([feature(run)], { clock: clock.now, log });
  for (let count = 1; count <= answers.length; count++) {
    await eventually(() => runs === count);
    clock.move(1);
  }
  expect(errors).toEqual([
    'the task timed-0 failed, next try in 1 s: Error: no',
    'the task timed-0 failed, next try in 1 s: Error: other',
    'the task timed-0 failed, next try in 1 s: Error: other',
  ]);
});

test('runs of a task do not overlap, and a server that stops waits for the run and begins no other', async () => {
  const clock = new TestClock();
  const dir = folder();
  let running = 0;
  let most = 0;
  let runs = 0;
  const events: string[] = [];
  const run = async (services: FeatureServices, signal: AbortSignal): Promise<End> => {
    runs += 1;
    most = Math.max(most, ++running);
    if (runs === 3) {
      events.push('begun');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await services.apply([{ do: 'put', key: 'timed:last', value: 'written' }]);
      events.push('ended');
    }
    running -= 1;
    return { in: 0 };
  };
  const server = await runningWith([feature(run)], { clock: clock.now, dir });
  await eventually(() => events.length === 1);
  clock.move(60);
  await greeted(server).then((client) => client.json('INFO'));
  expect(runs).toBe(3);
  await server.stop();
  expect([most, runs, events]).toEqual([1, 3, ['begun', 'ended']]);
  let kept: string | undefined;
  const read = async (services: FeatureServices): Promise<End> => {
    kept = (await services.read(['timed:last'])).get('timed:last')?.value;
    return { in: 3600 * SECOND };
  };
  await runningWith([feature(read)], { clock: clock.now, dir });
  await eventually(() => kept !== undefined);
  expect(kept).toBe('written');
});

test('what a task may push is bounded, and it keeps the rules of PUSH', async () => {
  const errors: FaktoryError[] = [];
  const run = async ({ entry, push }: FeatureServices): Promise<End> => {
    const job = (number: number) => parseJob(`{"jid":"many-${number}","jobtype":"T","args":[]}`);
    const many = Array.from({ length: 1001 }, (_, number) => entry(job(number + 1000)));
    for (const act of [() => push(many), async () => entry(job(1))])
      await act().catch((error: FaktoryError) => errors.push(error));
    return { in: 3600 * SECOND };
  };
  await runningWith([feature(run)]);
  await eventually(() => errors.length === 2);
  expect(errors.map(({ message }) => message)).toEqual([
    '1001 jobs in one push, at most 1000 are taken; split them',
    expect.stringMatching(/jid/),
  ]);
  expect(errors[0]).toBeInstanceOf(FaktoryError);
});
