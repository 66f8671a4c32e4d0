/**
 * Conformance: effects, and the consequences that jobs carry. The table has one test for each way of a job.
 */
import { describe, expect, test } from 'vitest';
import type { Consequences, Effect, Entry, Moment } from '../engine.ts';
import {
  EVERYWHERE,
  entry,
  expectSizes,
  failure,
  HOUR,
  jids,
  type Open,
  type Scene,
  SECOND,
  scenes,
} from './scene.ts';

type Begin = ReturnType<typeof scenes>;

export function exerciseEffects(open: Open): void {
  describe('effects', () => {
    const begin = scenes(open);
    exerciseClaims(begin);
    exerciseCounters(begin);
    exerciseValues(begin);
    exerciseWays(begin);
    exerciseDeadlines(begin);
    exerciseUndo(begin);
  });
}

const MOMENTS: readonly Moment[] = [
  'taken',
  'ready',
  'executed',
  'failed',
  'failing',
  'recovered',
  'dead',
  'done',
  'expired',
  'gone',
];

/** Counts each moment of a job in a number of its own. */
const watched = (jid: string): Consequences =>
  Object.fromEntries(
    MOMENTS.map((moment) => [moment, [{ do: 'number', key: `test:${jid}:${moment}`, by: 1 }]]),
  );

/** The moments that a job had, with how often. */
async function momentsOf({ engine }: Scene, jid: string): Promise<Partial<Record<Moment, number>>> {
  const kept = await engine.scan(`test:${jid}:`, undefined, 100);
  return Object.fromEntries(
    [...kept].map(([key, { value }]) => [key.slice(`test:${jid}:`.length), Number(value)]),
  );
}

const carrying = (jid: string, change: Partial<Entry> = {}): Entry => ({
  ...entry(jid),
  consequences: watched(jid),
  ...change,
});

const unique = (jid: string, key = 'test:name'): Entry => ({
  ...entry(jid),
  effects: [{ do: 'claim', key, until: { in: HOUR } }],
  consequences: { gone: [{ do: 'release', key }] },
});

const NOT_UNIQUE = { code: 'NOTUNIQUE', reason: 'Job not unique' };

function exerciseClaims(begin: Begin): void {
  test('a taken name refuses that job alone: pushed again, twice in one push, and beside others', async () => {
    const scene = await begin();
    expect(await scene.engine.push([unique('job-1')])).toEqual([]);
    expect(await scene.engine.push([unique('job-1')])).toEqual([{ index: 0, ...NOT_UNIQUE }]);
    const bulk = [unique('job-2', 'test:b'), entry('plain'), unique('job-3', 'test:b'), unique('job-4')];
    expect(await scene.engine.push(bulk)).toEqual([
      { index: 2, ...NOT_UNIQUE },
      { index: 3, ...NOT_UNIQUE },
    ]);
    expect(await scene.drain()).toEqual(['job-1', 'job-2', 'plain']);
  });

  test('a claim ends at its time, survives a restart, and is free after its job is gone', async () => {
    const scene = await begin();
    await scene.engine.push([unique('job-1')]);
    await scene.restart();
    expect(await scene.engine.push([unique('job-2')])).toHaveLength(1);
    await scene.engine.settle(await scene.take(), { to: 'done' });
    expect(await scene.engine.push([unique('job-3')])).toEqual([]);
    scene.now += HOUR;
    expect(await scene.engine.push([unique('job-4')])).toEqual([]);
  });

  test('a release by another holder does nothing', async () => {
    const scene = await begin();
    await scene.engine.push([unique('job-1')]);
    scene.now += HOUR; // the claim of the first job has ended
    await scene.engine.push([unique('job-2')]);
    await scene.engine.settle(await scene.take(), { to: 'done' });
    expect(await scene.engine.push([unique('job-3')])).toEqual([{ index: 0, ...NOT_UNIQUE }]);
    await scene.engine.apply([{ do: 'release', key: 'test:name' }]);
    expect(await scene.engine.push([unique('job-3')])).toHaveLength(1);
  });

  test('a search shows the names that a job holds, with their ends, and none that another job holds', async () => {
    const scene = await begin();
    await scene.engine.push([unique('job-1'), entry('plain')]);
    const namesOf = async (jid: string) => {
      const { jobs } = await scene.finder.find({ places: EVERYWHERE, jids: [jid] }, { limit: 1 });
      return jobs[0]?.names;
    };
    const until = scene.now + HOUR;
    expect([await namesOf('job-1'), await namesOf('plain')]).toEqual([
      [{ key: 'test:name', until }],
      undefined,
    ]);
    scene.now += HOUR; // the claim of the first job has ended
    await scene.engine.push([unique('job-2')]);
    expect([await namesOf('job-1'), await namesOf('job-2')]).toEqual([
      [],
      [{ key: 'test:name', until: until + HOUR }],
    ]);
  });

  test('an operation claims for itself, and is refused as a whole when the name is taken', async () => {
    const scene = await begin();
    const tick: readonly Effect[] = [
      { do: 'claim', key: 'test:tick' },
      { do: 'push', entries: [entry('from-tick')] },
    ];
    await scene.engine.apply(tick);
    await expect(scene.engine.apply(tick)).rejects.toMatchObject({ code: 'NOTUNIQUE' });
    expect(await scene.drain()).toEqual(['from-tick']);
  });
}

function exerciseCounters(begin: Begin): void {
  const counter = (key: string, value: number, atZero: readonly Effect[]): Effect => ({
    do: 'counter',
    key,
    value,
    atZero,
  });

  test('a counter applies its effects when it reaches zero, once in its life', async () => {
    const scene = await begin();
    await scene.engine.apply([counter('test:c', 2, [{ do: 'push', entries: [entry('callback')] }])]);
    await scene.engine.apply([{ do: 'count', key: 'test:c', by: -1 }]);
    await expectSizes(scene.engine, {});
    expect(await scene.drain()).toEqual([]);
    await scene.engine.apply([{ do: 'count', key: 'test:c', by: -1 }]);
    expect(await scene.drain()).toEqual(['callback']);
    await scene.engine.apply([{ do: 'count', key: 'test:c', by: 1 }]);
    await scene.engine.apply([{ do: 'count', key: 'test:c', by: -1 }]);
    expect(await scene.drain()).toEqual([]);
  });

  test('a chain of counters is applied in one commit, however long it is', async () => {
    const scene = await begin();
    const chain = Array.from({ length: 2000 }, (_, n) =>
      counter(`test:${n}`, 1, [{ do: 'count', key: `test:${n + 1}`, by: -1 }]),
    );
    await scene.engine.apply([
      ...chain,
      counter('test:2000', 1, [{ do: 'put', key: 'test:end', value: 'x' }]),
    ]);
    await scene.engine.apply([{ do: 'count', key: 'test:0', by: -1 }]);
    expect((await scene.engine.read(['test:end'])).get('test:end')).toMatchObject({ value: 'x' });
  });

  test('a count of a missing key refuses its job, and does nothing in a consequence', async () => {
    const scene = await begin();
    const member: Entry = { ...entry('job-1'), effects: [{ do: 'count', key: 'test:none', by: 1 }] };
    expect(await scene.engine.push([member])).toMatchObject([{ index: 0, code: 'NOT_FOUND' }]);
    const consequences = { done: [{ do: 'count', key: 'test:none', by: 1 }] } as const;
    await scene.engine.push([{ ...entry('job-2'), consequences }]);
    expect(await scene.engine.settle(await scene.take(), { to: 'done' })).toBe(true);
    expect((await scene.engine.read(['test:none'])).size).toBe(0);
  });

  test('a counter whose end passes lapses instead, and is deleted', async () => {
    const scene = await begin();
    const lapse: readonly Effect[] = [{ do: 'push', entries: [entry('lapsed')] }];
    const never: readonly Effect[] = [{ do: 'push', entries: [entry('never')] }];
    const until = { in: 10 * SECOND };
    await scene.engine.apply([{ do: 'counter', key: 'test:c', value: 1, atZero: never, until, lapse }]);
    expect(await scene.engine.nextDue('ends')).toBe(scene.now + 10 * SECOND);
    expect(await scene.engine.handleDue('ends', 10)).toBe(0);
    scene.now += 10 * SECOND;
    expect(await scene.engine.handleDue('ends', 10)).toBe(1);
    expect(await scene.drain()).toEqual(['lapsed']);
    await expect(scene.engine.apply([{ do: 'count', key: 'test:c', by: -1 }])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
}

function exerciseValues(begin: Begin): void {
  test('expect refuses the whole operation unless the key has the value, or is absent', async () => {
    const scene = await begin();
    const commit: readonly Effect[] = [
      { do: 'expect', key: 'test:state', value: undefined },
      { do: 'put', key: 'test:state', value: 'committed' },
    ];
    await scene.engine.apply(commit);
    await expect(scene.engine.apply(commit)).rejects.toMatchObject({ code: 'STALE' });
    await scene.engine.apply([
      { do: 'expect', key: 'test:state', value: 'committed' },
      { do: 'put', key: 'test:state', value: 'open' },
    ]);
    expect((await scene.engine.read(['test:state', 'test:no'])).get('test:state')).toEqual({
      kind: 'value',
      value: 'open',
      at: scene.now,
      until: undefined,
    });
  });

  test('keep moves the end of what is there, drop deletes it, and a flush deletes everything', async () => {
    const scene = await begin();
    await scene.engine.apply([
      { do: 'put', key: 'test:a', value: '1', until: { in: SECOND } },
      { do: 'put', key: 'test:b', value: '2' },
      { do: 'number', key: 'test:n', by: 5 },
      { do: 'number', key: 'test:n', by: -2 },
    ]);
    await scene.engine.apply([{ do: 'keep', keys: ['test:a', 'test:none'], until: { in: HOUR } }]);
    scene.now += 2 * SECOND;
    await scene.restart();
    const kept = await scene.engine.scan('test:', undefined, 10);
    expect([...kept].map(([key, { value }]) => [key, value])).toEqual([
      ['test:a', '1'],
      ['test:b', '2'],
      ['test:n', '3'],
    ]);
    expect([...(await scene.engine.scan('test:', 'test:a', 1)).keys()]).toEqual(['test:b']);
    await scene.engine.apply([{ do: 'drop', key: 'test:b' }]);
    expect((await scene.engine.read(['test:b'])).size).toBe(0);
    await scene.engine.flush();
    expect((await scene.engine.scan('', undefined, 10)).size).toBe(0);
  });

  test('an end that is a length moves with the clock, an instant does not', async () => {
    const scene = await begin();
    await scene.engine.apply([
      { do: 'put', key: 'test:length', value: '', until: { in: HOUR } },
      { do: 'put', key: 'test:instant', value: '', until: { at: scene.now + HOUR } },
    ]);
    const start = scene.now;
    await scene.set(HOUR / 2);
    const kept = await scene.engine.read(['test:length', 'test:instant']);
    expect([...kept.values()].map(({ until = 0 }) => until - start)).toEqual([1.5 * HOUR, HOUR]);
  });
}

const fails = { to: 'retries', in: SECOND, failure: failure('no') } as const;
const buries = { to: 'dead', in: HOUR, failure: failure('no') } as const;

/** Each way of a job through its life, with the moments that it has then. */
const WAYS: [string, (scene: Scene) => Promise<unknown>, Partial<Record<Moment, number>>][] = [
  ['taken', async (scene) => scene.take(), { taken: 1 }],
  [
    'given back',
    async (scene) => scene.engine.settle(await scene.take(), { to: 'queue' }),
    { taken: 1, ready: 1 },
  ],
  [
    'acknowledged',
    async (scene) => scene.engine.settle(await scene.take(), { to: 'done' }),
    { taken: 1, executed: 1, done: 1, gone: 1 },
  ],
  [
    'failed',
    async (scene) => scene.engine.settle(await scene.take(), fails),
    { taken: 1, executed: 1, failed: 1, failing: 1 },
  ],
  [
    'failed twice',
    async (scene) => {
      await scene.engine.settle(await scene.take(), fails);
      await retry(scene);
      await scene.engine.settle(await scene.take(), fails);
    },
    { taken: 2, ready: 1, executed: 1, failed: 2, failing: 1 },
  ],
  [
    'failed, then acknowledged',
    async (scene) => {
      await scene.engine.settle(await scene.take(), fails);
      await retry(scene);
      await scene.engine.settle(await scene.take(), { to: 'done' });
    },
    { taken: 2, ready: 1, executed: 1, failed: 1, failing: 1, recovered: 1, done: 1, gone: 1 },
  ],
  [
    'failed for good',
    async (scene) => scene.engine.settle(await scene.take(), buries),
    { taken: 1, executed: 1, failed: 1, failing: 1, dead: 1 },
  ],
  [
    'dead, and expired there',
    async (scene) => {
      await scene.engine.settle(await scene.take(), buries);
      scene.now += HOUR;
      await scene.engine.handleDue('dead', 10);
    },
    { taken: 1, executed: 1, failed: 1, failing: 1, dead: 1, gone: 1 },
  ],
  [
    'failed without a retry',
    async (scene) => scene.engine.settle(await scene.take(), { to: 'discarded' }),
    { taken: 1, executed: 1, failed: 1, failing: 1, gone: 1 },
  ],
  [
    'discarded by an operator',
    async (scene) => scene.finder.change(await names(scene), { do: 'discard' }),
    { executed: 1, gone: 1 },
  ],
  [
    'killed by an operator',
    async (scene) => scene.finder.change(await names(scene), { do: 'kill', deadFor: HOUR }),
    { dead: 1 },
  ],
  [
    'moved by an operator',
    async (scene) =>
      scene.finder.change(await names(scene), {
        do: 'move',
        queue: 'other',
        documents: (await scene.found()).map(({ document }) => document),
      }),
    {},
  ],
  [
    'removed with its queue',
    async ({ engine }) => engine.changeQueues('*', 'remove'),
    { executed: 1, gone: 1 },
  ],
  [
    'cleared from retries',
    async (scene) => {
      await scene.engine.settle(await scene.take(), fails);
      await scene.engine.mutate({ set: 'retries', change: 'discard' });
    },
    { taken: 1, executed: 1, failed: 1, failing: 1, gone: 1 },
  ],
  [
    'killed from retries, then requeued',
    async (scene) => {
      await scene.engine.settle(await scene.take(), fails);
      await scene.engine.mutate({ set: 'retries', change: 'kill', deadFor: HOUR });
      await scene.engine.mutate({ set: 'dead', change: 'requeue' });
    },
    { taken: 1, executed: 1, failed: 1, failing: 1, dead: 1, ready: 1 },
  ],
  ['flushed', async ({ engine }) => engine.flush(), {}],
];

async function retry(scene: Scene): Promise<void> {
  scene.now += SECOND;
  await scene.engine.handleDue('retries', 10);
}

const names = async (scene: Scene): Promise<string[]> => (await scene.found()).map(({ entry: name }) => name);

function exerciseWays(begin: Begin): void {
  test.each(WAYS)('a job that is %s has its moments, before and after a restart', async (_, way, moments) => {
    for (const restart of [false, true]) {
      const scene = await begin();
      await scene.engine.push([carrying('job-1')]);
      if (restart) await scene.restart();
      await way(scene);
      expect(await momentsOf(scene, 'job-1')).toEqual(moments);
    }
  });

  test('a scheduled job is ready at its time', async () => {
    const scene = await begin();
    await scene.engine.push([carrying('job-1', { at: scene.now + SECOND })]);
    scene.now += SECOND;
    await scene.engine.handleDue('scheduled', 10);
    expect(await momentsOf(scene, 'job-1')).toEqual({ ready: 1 });
  });

  test('an evicted job is gone', async () => {
    const scene = await begin({ deadLimit: 1 });
    await scene.engine.push([carrying('job-1'), carrying('job-2')]);
    await scene.engine.settle(await scene.take(), buries);
    await scene.engine.settle(await scene.take(), { ...buries, in: 2 * HOUR });
    expect((await momentsOf(scene, 'job-1')).gone).toBe(1);
    expect((await momentsOf(scene, 'job-2')).gone).toBeUndefined();
  });

  test('of a queue that is removed each job has its consequences, also of more than one bite', async () => {
    const scene = await begin();
    const many = jids('job', 6000).map((jid): Entry => {
      const gone: readonly Effect[] = [{ do: 'number', key: 'test:gone', by: 1 }];
      return { ...entry(jid), consequences: { gone } };
    });
    await scene.engine.push(many);
    await scene.engine.changeQueues(['default'], 'remove');
    expect((await scene.engine.read(['test:gone'])).get('test:gone')?.value).toBe('6000');
  });
}

function exerciseDeadlines(begin: Begin): void {
  test('a job that is too late is deleted by the fetch that meets it, which looks on', async () => {
    const scene = await begin();
    await scene.engine.push([
      carrying('late-1', { deadline: scene.now + SECOND }),
      carrying('late-2', { deadline: scene.now + SECOND }),
      entry('in-time'),
    ]);
    scene.now += SECOND;
    expect((await scene.take()).jid).toBe('in-time');
    expect(await momentsOf(scene, 'late-1')).toEqual({ executed: 1, expired: 1, gone: 1 });
    await expectSizes(scene.engine, { working: 1 });
    expect(scene.engine.figures.meter.expired).toBe(2);
  });

  test('a sweep deletes what is too late in ready, scheduled and retries, never in working and dead', async () => {
    const scene = await begin();
    const deadline = scene.now + 10 * SECOND;
    await scene.engine.push([
      carrying('retry-1', { deadline }),
      carrying('dead-1', { deadline }),
      carrying('held-1', { deadline }),
      carrying('ready-1', { deadline }),
      carrying('later-1', { deadline, at: scene.now + HOUR }),
    ]);
    await scene.engine.settle(await scene.take(), { ...fails, in: HOUR });
    await scene.engine.settle(await scene.take(), buries);
    await scene.take();
    expect(await scene.engine.nextDue('ends')).toBe(deadline);
    scene.now = deadline;
    expect(await scene.engine.handleDue('ends', 2)).toBe(2);
    expect(await scene.engine.handleDue('ends', 10)).toBe(1);
    expect(await scene.engine.nextDue('ends')).toBeUndefined();
    await expectSizes(scene.engine, { working: 1, dead: 1, processed: 2, failures: 2 });
  });

  test('more late jobs than one fetch deletes hide no job behind them for longer than the sweep takes', async () => {
    const scene = await begin();
    const late = jids('late', 500).map((jid): Entry => ({ ...entry(jid), deadline: scene.now + SECOND }));
    await scene.engine.push([...late, entry('in-time')]);
    scene.now += SECOND;
    const told: string[] = [];
    scene.engine.onReady((queue) => told.push(queue) < 0);
    for (let gone = 1; gone > 0; ) gone = await scene.engine.handleDue('ends', 100);
    expect(told).toContain('default');
    expect((await scene.take()).jid).toBe('in-time');
  });
}

function exerciseUndo(begin: Begin): void {
  test('undo of a removal takes the claims again, and reverses numbers and counts', async () => {
    const scene = await begin();
    await scene.engine.apply([
      { do: 'counter', key: 'test:c', value: 2, atZero: [{ do: 'put', key: 'test:fired', value: '' }] },
    ]);
    const gone: readonly Effect[] = [
      { do: 'release', key: 'test:name' },
      { do: 'number', key: 'test:n', by: 1 },
      { do: 'count', key: 'test:c', by: -1 },
    ];
    await scene.engine.push([{ ...unique('job-1'), consequences: { gone } }]);
    const before = await scene.found();
    await scene.finder.change(await names(scene), { do: 'discard' }, { name: 'gone', action: 'discard' });
    expect((await scene.engine.read(['test:name'])).size).toBe(0);
    expect(await scene.finder.undo('gone', 10)).toEqual({ undone: 1, kept: 0, left: 0 });
    expect(await scene.found()).toEqual(before);
    const kept = await scene.engine.read(['test:n', 'test:c']);
    expect([...kept.values()].map(({ value }) => value)).toEqual(['0', '2']);
    expect(await scene.engine.push([unique('job-2')])).toHaveLength(1);
    await scene.engine.settle(await scene.take(), { to: 'done' });
    expect(await scene.engine.push([unique('job-3')])).toEqual([]);
  });

  test('a job whose name was taken meanwhile stays out, and is named with its code', async () => {
    const scene = await begin();
    await scene.engine.push([unique('job-1'), entry('plain')]);
    await scene.finder.change(await names(scene), { do: 'discard' }, { name: 'gone', action: 'discard' });
    await scene.engine.push([unique('job-2')]);
    expect(await scene.finder.undo('gone', 10)).toEqual({
      undone: 1,
      kept: 1,
      left: 0,
      refused: [{ jid: 'job-1', ...NOT_UNIQUE }],
    });
    expect((await scene.drain()).sort()).toEqual(['job-2', 'plain']);
  });

  test('a count that reached zero meanwhile stays as it is, and does not fire a second time', async () => {
    const scene = await begin();
    const atZero: readonly Effect[] = [{ do: 'push', entries: [entry('callback')] }];
    await scene.engine.apply([{ do: 'counter', key: 'test:c', value: 1, atZero }]);
    const consequences = { executed: [{ do: 'count', key: 'test:c', by: -1 }] } as const;
    await scene.engine.push([{ ...entry('job-1', { queue: 'q' }), consequences }]);
    await scene.finder.change(await names(scene), { do: 'discard' }, { name: 'gone', action: 'discard' });
    expect(await scene.drain()).toEqual(['callback']);
    expect(await scene.finder.undo('gone', 10)).toMatchObject({ undone: 1 });
    await scene.engine.settle(await scene.take('q'), { to: 'done' });
    expect(await scene.drain()).toEqual([]);
  });
}
