/**
 * Conformance: pushes. A job becomes ready or scheduled, full queues refuse it, and pushes of named
 * producers are counted.
 */
import { describe, expect, test } from 'vitest';
import type { Counted, Producer, PushNote, RefusedJob } from '../engine.ts';
import {
  entries,
  entry,
  expectQueues,
  expectSizes,
  failure,
  HOUR,
  jids,
  type Open,
  type Scene,
  scenes,
} from './scene.ts';

type Begin = ReturnType<typeof scenes>;

export function exercisePush(open: Open): void {
  describe('push', () => {
    const begin = scenes(open);
    exerciseOne(begin);
    exerciseBulk(begin);
    exerciseJids(begin);
    exerciseLimit(begin);
    exerciseMostQueues(begin);
    exerciseRoom(begin);
    exerciseProducers(begin);
  });
}

function exerciseOne(begin: Begin): void {
  test('a job without a time is ready at once, and its document is stored byte for byte', async () => {
    const scene = await begin();
    const document =
      '{"retry":25,"jid":"job-00001","queue":"q","jobtype":"T","args":[1.0,12345678901234567890,"é\\u0000"]}';
    await scene.engine.push([{ ...entry('job-00001', { queue: 'q' }), document }]);
    const taken = await scene.take('q');
    expect(taken).toMatchObject({ jid: 'job-00001', queue: 'q', document, enqueuedAt: scene.now });
    expect(taken.failure).toBeUndefined();
  });

  test('a job with a time waits in scheduled and is in no queue', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { at: scene.now + HOUR })]);
    await expectSizes(scene.engine, { scheduled: 1 });
    expect(await scene.drain()).toEqual([]);
  });

  test('a failure that the producer sent stays with the job', async () => {
    const scene = await begin();
    const sent = failure('before');
    await scene.engine.push([
      entry('job-00001', { failure: sent }),
      entry('job-00002', { failure: sent, at: scene.now + HOUR }),
    ]);
    expect((await scene.take()).failure).toBe(sent);
    scene.now += HOUR;
    await scene.engine.handleDue('scheduled', 10);
    expect((await scene.take()).failure).toBe(sent);
  });
}

function exerciseBulk(begin: Begin): void {
  test('a bulk may mix queues, priorities and times', async () => {
    const scene = await begin();
    await scene.engine.push([
      entry('later-001', { at: scene.now + HOUR }),
      entry('low-00001', { priority: 1 }),
      entry('other-001', { queue: 'other' }),
      entry('high-0001', { priority: 9 }),
    ]);
    await expectQueues(scene.engine, { default: 2, other: 1 });
    await expectSizes(scene.engine, { scheduled: 1 });
    expect(await scene.drain('default', 'other')).toEqual(['high-0001', 'low-00001', 'other-001']);
  });

  test('a bulk of 1,000 keeps its order', async () => {
    const scene = await begin();
    const pushed = jids('bulk', 1000);
    await scene.engine.push(entries(pushed));
    expect(await scene.drain()).toEqual(pushed);
  });

  test('an empty bulk changes nothing', async () => {
    const scene = await begin();
    await scene.engine.push([]);
    await expectQueues(scene.engine, {});
    await expectSizes(scene.engine, {});
  });
}

function exerciseJids(begin: Begin): void {
  test('two jobs may have one jid', async () => {
    const scene = await begin();
    await scene.engine.push([entry('same-jid1', { args: [1] }), entry('same-jid1', { args: [2] })]);
    await scene.engine.push([entry('same-jid1', { at: scene.now + HOUR })]);
    await expectQueues(scene.engine, { default: 2 });
    await expectSizes(scene.engine, { scheduled: 1 });
  });

  test('any texts that differ are different jids, wids and jobtypes', async () => {
    const scene = await begin();
    const texts = [
      'a',
      'a\0',
      'a\0b',
      'A',
      'a ',
      "'",
      '"',
      '%',
      '*',
      '\\',
      '\u2028',
      'é',
      'e\u0301',
      '💥',
      '__proto__',
    ];
    await scene.engine.push(texts.map((jid) => entry(jid, { jobtype: jid })));
    for (const text of texts) {
      const held = await scene.engine.fetch({ queues: ['default'], wid: text });
      expect(held).toMatchObject({ jid: text, wid: text });
    }
    for (const [index, jid] of texts.entries()) {
      expect(await scene.engine.settle({ jid }, { to: 'retries', in: HOUR, failure: failure('x') })).toBe(
        true,
      );
      expect(await scene.engine.mutate({ set: 'retries', change: 'discard', jids: [jid] })).toBe(1);
      await expectSizes(scene.engine, {
        working: texts.length - index - 1,
        processed: index + 1,
        failures: index + 1,
      });
    }
  });
}

function exerciseLimit(begin: Begin): void {
  test('the ready jobs that do not fit in a queue are refused one by one; jobs of other queues and scheduled jobs are stored', async () => {
    const scene = await begin({ maxQueueLength: 3 });
    await scene.engine.push(entries(['job-00001', 'job-00002']));
    const bulk = [
      entry('job-00003'),
      entry('other-001', { queue: 'other' }),
      entry('later-001', { at: scene.now + HOUR }),
      entry('job-00004'),
    ];
    const full = { code: 'LIMIT', reason: FULL(2, 3) };
    expect(await scene.engine.push(bulk)).toEqual([
      { index: 0, ...full },
      { index: 3, ...full },
    ]);
    await expectQueues(scene.engine, { default: 2, other: 1 });
    await expectSizes(scene.engine, { scheduled: 1 });
  });

  test('a refused push does not affect other pushes in the same commit', async () => {
    const scene = await begin({ maxQueueLength: 2 });
    const results = await Promise.all([
      scene.engine.push([entry('job-00001')]),
      scene.engine.push(entries(['job-00002', 'job-00003'])),
      scene.engine.push([entry('job-00004')]),
      scene.engine.push([entry('job-00005')]),
      scene.engine.push([entry('other-001', { queue: 'other' })]),
    ]);
    expect(results.map(({ length }) => length)).toEqual([0, 2, 0, 1, 0]);
    expect(await scene.drain('default', 'other')).toEqual(['job-00001', 'job-00004', 'other-001']);
  });
}

function exerciseMostQueues(begin: Begin): void {
  const NEW = (name: string, most: number) => ({
    code: 'LIMIT',
    reason: `queue ${name} is new, and there can be ${most} queues at most; use a queue that exists, remove queues, or raise max-queues`,
  });
  const of = (queue: string, at?: number) => entry(`${queue}-000001`, { queue, ...(at && { at }) });

  test('jobs for more new queues than allowed are refused, scheduled ones too; queues that exist take jobs', async () => {
    const scene = await begin({ maxQueues: 3 });
    const later = scene.now + HOUR;
    expect(await scene.engine.push([of('a'), of('b', later)])).toEqual([]);
    expect(await scene.engine.push([of('a'), of('c'), of('d'), of('c'), of('e', later), of('b')])).toEqual([
      { index: 2, ...NEW('d', 3) },
      { index: 4, ...NEW('e', 3) },
    ]);
    expect(await scene.engine.push([of('d')])).toEqual([{ index: 0, ...NEW('d', 3) }]);
    await expectQueues(scene.engine, { a: 2, b: 1, c: 2 });
    await scene.restart();
    expect(await scene.engine.push([of('f')])).toHaveLength(1);
    expect(await scene.engine.push([of('c')])).toEqual([]);
  });

  test('a full queue and too many queues are refused together, in the order of the jobs', async () => {
    const scene = await begin({ maxQueues: 2, maxQueueLength: 1 });
    await scene.engine.push([of('a')]);
    const refused = await scene.engine.push([of('b'), of('c'), of('a')]);
    expect(refused.map(({ index }) => index)).toEqual([1, 2]);
  });

  test('moving jobs to a new queue is refused when there are as many queues as allowed', async () => {
    const scene = await begin({ maxQueues: 2 });
    await scene.engine.push([of('a'), of('b')]);
    const [found] = await scene.found({ queues: ['a'] });
    const move = (queue: string) =>
      scene.finder.change([found?.entry ?? ''], { do: 'move', queue, documents: [found?.document ?? ''] });
    await expect(move('c')).rejects.toMatchObject({ code: 'LIMIT', message: NEW('c', 2).reason });
    expect(await move('b')).toEqual([true]);
  });

  test('removed queues without jobs give their room back, queues with jobs elsewhere keep it', async () => {
    const scene = await begin({ maxQueues: 4 });
    await scene.engine.push([of('held'), of('later', scene.now + HOUR), of('gone'), of('stays')]);
    const held = await scene.take('held');
    await scene.engine.changeQueues(['held', 'later', 'gone'], 'remove');
    expect(await scene.engine.push([of('new'), of('newer')])).toMatchObject([{ index: 1, code: 'LIMIT' }]);
    await scene.engine.settle(held, { to: 'queue' });
    scene.now += HOUR;
    await scene.engine.handleDue('scheduled', 10);
    await expectQueues(scene.engine, { held: 1, later: 1, new: 1, stays: 1 });
    await scene.restart();
    await expectQueues(scene.engine, { held: 1, later: 1, new: 1, stays: 1 });
  });

  test('a queue that a change can still bring back by undo keeps its room', async () => {
    const scene = await begin({ maxQueues: 2 });
    await scene.engine.push([of('a'), of('b')]);
    const [found] = await scene.found({ queues: ['a'] });
    await scene.finder.change([found?.entry ?? ''], { do: 'discard' }, { name: 'mine', action: 'discard' });
    await scene.engine.changeQueues('*', 'remove');
    expect(await scene.engine.push([of('c'), of('d')])).toMatchObject([{ index: 1 }]);
    expect(await scene.finder.undo('mine', 10)).toMatchObject({ undone: 1 });
    await expectQueues(scene.engine, { a: 1, c: 1 });
  });

  test('pushing to new queues and removing them does not use up the queues', async () => {
    const scene = await begin({ maxQueues: 3 });
    for (let round = 0; round < 10; round++) {
      const names = [0, 1, 2].map((index) => `r${round}-${index}`);
      expect(await scene.engine.push(names.map((name) => of(name)))).toEqual([]);
      await scene.engine.changeQueues('*', 'remove');
    }
    await expectQueues(scene.engine, {});
  });

  test('a thousand unused queues are deleted without a limit too, fewer are left', async () => {
    const scene = await begin();
    const names = Array.from({ length: 1000 }, (_, index) => `q${index}`);
    await scene.engine.push(names.map((name) => of(name, scene.now + HOUR)));
    expect(await scene.engine.handleDue('queues', 1)).toBe(0);
    await scene.engine.mutate({ set: 'scheduled', change: 'discard', jids: ['q7-000001', 'q8-000001'] });
    scene.now += 2 * HOUR;
    expect(await scene.engine.handleDue('queues', 1)).toBe(2);
    expect(await scene.engine.handleDue('queues', 1)).toBe(0);
    expect(await scene.engine.handleDue('scheduled', 2000)).toBe(998);
  });
}

const FULL = (size: number, limit: number) => `default is too large, currently ${size}, max size is ${limit}`;

const shop: Producer = { name: 'shop', keep: 30 * 24 * HOUR };

/** Push `number` of a producer, with the jobs that were refused before it reached the engine. */
function line(number: number, producer = shop, refused: readonly RefusedJob[] = []): Counted {
  return { producer, line: number, note: { of: 'jobs', refused } };
}

async function pushedBy({ engine }: Scene, producer = shop): Promise<number> {
  return (await engine.pushed(producer, 0)).pushed;
}

function exerciseProducers(begin: Begin): void {
  test('each push is counted once for its producer, refused jobs or not, and the count survives a restart and a flush', async () => {
    const scene = await begin({ maxQueueLength: 1 });
    expect(await pushedBy(scene)).toBe(0);
    await scene.engine.push([entry('job-00001')], line(1));
    await scene.engine.push(entries(['job-00002', 'job-00003']), line(2)); // refused, because the queue is full
    await scene.engine.push([], line(3));
    await scene.engine.push(entries(['later-001'], { at: scene.now + HOUR }));
    expect([await pushedBy(scene), await pushedBy(scene, { ...shop, name: 'other' })]).toEqual([3, 0]);
    await scene.restart();
    expect(await pushedBy(scene)).toBe(3);
    await scene.engine.flush();
    expect(await pushedBy(scene)).toBe(3);
  });

  test('the refusals of a push are stored until the producer says that it knows them', async () => {
    const scene = await begin({ maxQueueLength: 1 });
    await scene.engine.push([entry('job-00001')], line(1));
    await scene.engine.push([entry('job-00002')], line(2));
    await scene.engine.push([entry('job-00003')], line(3));
    await scene.restart();
    const note = (jid: string): PushNote => ({
      of: 'jobs',
      refused: [{ jid, code: 'LIMIT', reason: FULL(1, 1) }],
    });
    const notes = new Map([2, 3].map((number) => [number, note(`job-0000${number}`)]));
    expect(await scene.engine.pushed(shop, 1)).toEqual({ pushed: 3, notes });
    notes.delete(2);
    expect(await scene.engine.pushed(shop, 2)).toEqual({ pushed: 3, notes });
    expect(await scene.engine.pushed(shop, 0)).toEqual({ pushed: 3, notes });
  });

  test('refusals of the caller and of the engine are stored together, and a push refused as a whole too', async () => {
    const scene = await begin({ maxQueueLength: 1 });
    const before: RefusedJob = { jid: 'bad-00001', code: 'INVALID', reason: 'args must be a list' };
    await scene.engine.push(entries(['job-00001', 'job-00002']), line(1, shop, [before]));
    const whole: PushNote = { of: 'line', refused: [{ jid: '', reason: 'ERR internal error' }] };
    await scene.engine.push([], { producer: shop, line: 2, note: whole });
    const full = { code: 'LIMIT', reason: FULL(0, 1) } as const;
    expect(await scene.engine.pushed(shop, 0)).toEqual({
      pushed: 2,
      notes: new Map([
        [1, { of: 'jobs', refused: [before, { jid: 'job-00001', ...full }, { jid: 'job-00002', ...full }] }],
        [2, whole],
      ]),
    });
  });

  test('the notes of the last 1,000 pushes are stored', async () => {
    const scene = await begin();
    const noted = line(0, shop, [{ jid: 'job-00001', code: 'INVALID', reason: 'no' }]);
    const numbers = Array.from({ length: 1200 }, (_, index) => index + 1);
    await Promise.all(numbers.map((number) => scene.engine.push([], { ...noted, line: number })));
    const { notes } = await scene.engine.pushed(shop, 0);
    expect([...notes.keys()]).toEqual(numbers.slice(200));
  });

  test('a producer is deleted when it has not pushed for its `keep` time', async () => {
    const scene = await begin();
    const short = { name: 'short', keep: HOUR };
    await scene.engine.push([entry('job-00001')], line(1));
    await scene.engine.push([entry('job-00002')], line(1, short));
    scene.now += 29 * 24 * HOUR;
    await scene.engine.push([entry('job-00003')], line(2));
    scene.now += 2 * 24 * HOUR;
    await scene.engine.push([], line(1, { name: 'a-third', keep: HOUR })); // a new name makes the engine delete expired ones
    expect([await pushedBy(scene), await pushedBy(scene, short)]).toEqual([2, 0]);
  });

  test('a producer that was deleted while it was idle continues with its own count', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')], line(1));
    scene.now += 31 * 24 * HOUR;
    await scene.engine.push([], line(1, { name: 'another', keep: HOUR }));
    await scene.engine.push([entry('job-00002')], line(2));
    expect(await pushedBy(scene)).toBe(2);
  });
}

function exerciseRoom(begin: Begin): void {
  test('the limit counts ready jobs only, not scheduled or working ones', async () => {
    const scene = await begin({ maxQueueLength: 1 });
    await scene.engine.push(entries(['later-001', 'later-002'], { at: scene.now + HOUR }));
    await scene.engine.push([entry('job-00001')]);
    await scene.take();
    await scene.engine.push([entry('job-00002')]);
    expect(await scene.engine.push([entry('job-00003')])).toHaveLength(1);
  });

  test('a full queue still takes due, requeued and put-back jobs', async () => {
    const scene = await begin({ maxQueueLength: 1 });
    await scene.engine.push([entry('held-0001')]);
    const held = await scene.take();
    await scene.engine.push(entries(['later-001'], { at: scene.now + HOUR }));
    await scene.engine.push(entries(['later-002'], { at: scene.now + 2 * HOUR }));
    await scene.engine.push([entry('job-00001')]);
    await scene.engine.settle(held, { to: 'queue' });
    scene.now += HOUR;
    expect(await scene.engine.handleDue('scheduled', 10)).toBe(1);
    expect(await scene.engine.mutate({ set: 'scheduled', change: 'requeue' })).toBe(1);
    expect(await scene.drain()).toEqual(['held-0001', 'job-00001', 'later-001', 'later-002']);
  });
}
