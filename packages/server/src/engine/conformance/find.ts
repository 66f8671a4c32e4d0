/**
 * Conformance: finding jobs in bites, and changing the found jobs.
 */
import { fingerprint } from '@faktory-ts/protocol';
import { describe, expect, test } from 'vitest';
import type { EntryChange, FindAsk, Found } from '../engine.ts';
import type { Scene } from './scene.ts';
import {
  EVERYWHERE,
  entry,
  expectQueues,
  expectSizes,
  failure,
  HOUR,
  jids,
  type Open,
  SECOND,
  scenes,
} from './scene.ts';

export function exerciseFind(open: Open): void {
  describe('find', () => {
    const begin = scenes(open);
    exerciseOrder(begin);
    exerciseFilters(begin);
    exerciseLongLists(begin);
    exerciseFailed(begin);
    exerciseNullFailures(begin);
    exerciseBites(begin);
    exerciseChange(begin);
    exerciseEdit(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

const all = (scene: Scene, ask?: Partial<FindAsk>, limit?: number): Promise<Found[]> =>
  scene.found(ask, { limit });

const named = (found: readonly Found[]): string[] => found.map(({ jid }) => jid);

/** One job in each place. */
async function everywhere(begin: Begin): Promise<Scene> {
  const scene = await begin();
  for (const set of ['scheduled', 'retries', 'dead'] as const) await scene.fill(set, [`in-${set}`]);
  await scene.engine.push([entry('in-working', { queue: 'held' })]);
  await scene.take('held');
  await scene.engine.push([entry('in-ready')]);
  return scene;
}

function exerciseOrder(begin: Begin): void {
  test('jobs are found in the order of the asked places, each with its place and time', async () => {
    const scene = await everywhere(begin);
    const found = await all(scene);
    const at = { ready: scene.now, working: scene.now, other: scene.now + HOUR };
    expect(found.map(({ jid, place, queue, priority }) => [jid, place, queue, priority])).toEqual([
      ['in-ready', 'ready', 'default', 5],
      ['in-scheduled', 'scheduled', 'default', 5],
      ['in-retries', 'retries', 'filled', 5],
      ['in-working', 'working', 'held', 5],
      ['in-dead', 'dead', 'filled', 5],
    ]);
    expect(found.map(({ at }) => at - (at % SECOND))).toEqual([
      at.ready,
      at.other,
      at.other,
      at.working,
      at.other,
    ]);
    expect(found[2]?.failure).toBe(failure('in-retries'));
    expect(found[3]).toMatchObject({ wid: 'w1', expiresAt: scene.now + 1800 * SECOND });
    const reversed = await all(scene, { places: ['dead', 'ready'] });
    expect(named(reversed)).toEqual(['in-dead', 'in-ready']);
  });

  test('ready jobs are found queue by queue in the order of hand-out, other jobs by due time', async () => {
    const scene = await begin();
    await scene.engine.push([
      entry('b-low', { queue: 'b', priority: 1 }),
      entry('b-high', { queue: 'b', priority: 9 }),
    ]);
    await scene.engine.push([entry('a-first', { queue: 'a' }), entry('a-second', { queue: 'a' })]);
    await scene.fill('scheduled', ['later'], 2 * HOUR);
    await scene.fill('scheduled', ['sooner'], HOUR);
    const order = ['a-first', 'a-second', 'b-high', 'b-low', 'sooner', 'later'];
    expect(named(await all(scene))).toEqual(order);
    expect(named(await all(scene, {}, 1))).toEqual(order);
  });

  test('a search in jobs of megabytes finds and counts each match once, however many bites it takes', async () => {
    const scene = await begin();
    const large = (jid: string, end: string) =>
      raw(jid, `"jobtype":"T","created_at":"","args":["${'\\u0041'.repeat(400_000)}${end}"]`);
    await scene.engine.push([large('a-large', 'x'), large('b-large', 'y'), large('c-large', 'x')]);
    await scene.engine.push([large('d-large', 'x')]);
    expect(named(await all(scene, { text: 'AAx' }))).toEqual(['a-large', 'c-large', 'd-large']);
    expect(await counted(scene, { text: 'AAx' })).toBe(3);
  });
}

async function counted(scene: Scene, ask: Partial<FindAsk>): Promise<number> {
  let sum = 0;
  for (let cursor: string | undefined; ; ) {
    const bite: { count: number; next?: string | undefined } = await scene.finder.count(
      { places: EVERYWHERE, ...ask },
      cursor,
    );
    sum += bite.count;
    cursor = bite.next;
    if (cursor === undefined) return sum;
  }
}

const PICKS: [string, Partial<FindAsk>, string[]][] = [
  ['queues', { queues: ['mail', 'none'] }, ['m-1', 'm-later']],
  ['jobtypes', { jobtypes: ['Mail', 'Bill'] }, ['m-1', 'escaped']],
  ['a jobtype as custom data and arguments say it', { jobtypes: ['Fake'] }, []],
  ['priorities', { priorities: [9, 8] }, ['urgent']],
  ['jids', { jids: ['m-later', 'urgent', 'none'] }, ['urgent', 'm-later']],
  ['text in the arguments, not elsewhere', { text: 'ann@x' }, ['m-1']],
  ['text that a client wrote with escapes', { text: 'Müller' }, ['escaped']],
  ['text with a quote in it', { text: 'say "hi"' }, ['escaped']],
  ['a number as it was written', { text: '12345678901234567890' }, ['urgent']],
  ['text in the error', { error: 'no such host' }, ['failed']],
  ['the type of the error', { error: 'NetError' }, ['failed']],
  ['the worker', { wid: 'w1' }, ['held']],
  ['several conditions', { queues: ['mail'], text: 'ann' }, ['m-1']],
];

async function many(begin: Begin): Promise<Scene> {
  const scene = await begin();
  const { engine } = scene;
  const fault = JSON.stringify({
    errtype: 'NetError',
    message: 'no such host',
    retry_count: 0,
    remaining: 1,
  });
  await engine.push([
    entry('failed', { queue: 'failing', failure: fault }),
    entry('held', { queue: 'held' }),
    entry('m-1', { queue: 'mail', jobtype: 'Mail', args: ['ann@x'] }),
    entry('m-later', { queue: 'mail', at: scene.now + HOUR }),
    raw(
      'escaped',
      `"jobtype":"Bill","created_at":"2026-06-10T12:00:00Z","args":["M\\u00fcller","say \\"hi\\""]`,
    ),
    raw(
      'urgent',
      `"jobtype":"T","created_at":"ann@x","args":[12345678901234567890,{"a":1,"jobtype":"Fake"}]`,
      9,
    ),
  ]);
  await scene.take('held');
  return scene;
}

/** An entry with a handwritten document, whose `custom` has members named like those of the job. */
function raw(jid: string, rest: string, priority = 5) {
  const custom = '"custom":{"x":0,"jobtype":"Fake","args":["ann@x"]}';
  return {
    ...entry(jid, { priority }),
    document: `{"retry":25,${custom},"jid":"${jid}","queue":"default",${rest}}`,
  };
}

/** The values, among so many of which there is no job. */
const among = (...values: string[]): string[] => [...jids('none', 5000), ...values, ...jids('no', 4990)];

const LONG: [string, Partial<FindAsk>, string[]][] = [
  ['queues', { queues: among('mail', 'held') }, ['held', 'm-1', 'm-later']],
  ['jobtypes', { jobtypes: among('Mail', 'Bill') }, ['escaped', 'm-1']],
  ['a jobtype as custom data and arguments say it', { jobtypes: among('Fake') }, []],
  ['jids', { jids: among('m-later', 'urgent', 'held', 'failed') }, ['failed', 'held', 'm-later', 'urgent']],
  ['priorities', { priorities: Array.from({ length: 9999 }, (_, index) => 8 + (index % 2)) }, ['urgent']],
  ['fingerprints', { fingerprints: among() }, []],
  [
    'all',
    { queues: among('default'), jobtypes: among('T', 'Bill'), jids: among('urgent', 'm-1') },
    ['urgent'],
  ],
];

function exerciseLongLists(begin: Begin): void {
  test('a list of 9,990 values and more works in each filter, in find and in count', async () => {
    const scene = await many(begin);
    for (const [what, ask, found] of LONG) {
      expect(named(await all(scene, ask)).sort(), what).toEqual(found);
      expect(named(await all(scene, ask, 1)).sort(), what).toEqual(found);
      expect(await counted(scene, ask), what).toBe(found.length);
    }
  });

  test('200 queues may be searched in sets of jobs, in any order', async () => {
    const scene = await begin();
    const queues = jids('queue', 200);
    const fault = '{"errtype":"E","message":"m"}';
    await scene.engine.push(
      queues.map((queue) => entry(`in-${queue}`, { queue, failure: fault, at: scene.now + HOUR })),
    );
    await scene.engine.push([entry('other', { at: scene.now + HOUR })]);
    const found = queues.map((queue) => `in-${queue}`);
    expect(named(await all(scene, { queues })).sort()).toEqual(found);
    expect(named(await all(scene, { queues, order: 'failed' })).sort()).toEqual(found);
    expect(await counted(scene, { queues, jids: found.slice(0, 150) })).toBe(150);
  });

  test('more jobs of one jid than a lookup reads are found once each, in the order of their due times', async () => {
    const scene = await begin();
    const dues = Array.from({ length: 2500 }, (_, index) => (index * 7) % 2500);
    await scene.engine.push(dues.map((due) => entry('same', { at: scene.now + HOUR + due * SECOND })));
    const found = await all(scene, { jids: ['same'] }, 5000);
    expect(found.map(({ at }) => at)).toEqual(
      [...dues].sort((a, b) => a - b).map((due) => scene.now + HOUR + due * SECOND),
    );
  });
}

function exerciseFilters(begin: Begin): void {
  test('find and count match each condition, and all of several', async () => {
    const scene = await many(begin);
    for (const [what, ask, jids] of PICKS) {
      expect(named(await all(scene, ask)).sort(), what).toEqual([...jids].sort());
      const { count, next } = await scene.finder.count({ places: EVERYWHERE, ...ask });
      expect([count, next], what).toEqual([jids.length, undefined]);
    }
  });

  test('a search in queues that were never used finds no job in any place', async () => {
    const scene = await everywhere(begin);
    const ask = { queues: ['never', 'seen'] };
    expect(await all(scene, ask)).toEqual([]);
    expect(await scene.finder.count({ places: EVERYWHERE, ...ask })).toMatchObject({ count: 0 });
    expect(named(await all(scene, { queues: ['never', 'held'] }))).toEqual(['in-working']);
  });

  test('from and until bound the time `at` of each place', async () => {
    const scene = await everywhere(begin);
    const soon = { from: scene.now + HOUR, until: scene.now + HOUR + 1 };
    expect(named(await all(scene, soon))).toEqual(['in-scheduled', 'in-retries', 'in-dead']);
    expect(named(await all(scene, { until: scene.now + SECOND }))).toEqual(['in-ready', 'in-working']);
    expect(named(await all(scene, { from: scene.now + HOUR + 1 }))).toEqual([]);
  });
}

/** Jobs of two places that failed one second after the other; their due times differ in order. */
async function failedOnes(begin: Begin): Promise<Scene> {
  const scene = await begin();
  const sets = ['retries', 'dead', 'retries', 'dead', 'retries'] as const;
  for (const [index, set] of sets.entries()) {
    await scene.fill(set, [`${index}-${set}`], (10 - index) * HOUR);
    scene.now += SECOND;
  }
  await scene.engine.push([entry('never')]);
  return scene;
}

function exerciseFailed(begin: Begin): void {
  const both = ['retries', 'dead'] as const;
  const newest = ['4-retries', '3-dead', '2-retries', '1-dead', '0-retries'];

  test('with order `failed`, jobs of retries and dead are found newest failure first, in bites too', async () => {
    const scene = await failedOnes(begin);
    const order = 'failed';
    for (const limit of [1, 2, 100])
      expect(named(await all(scene, { places: both, order }, limit))).toEqual(newest);
    expect(named(await all(scene, { places: ['dead'], order }))).toEqual(['3-dead', '1-dead']);
    expect(named(await all(scene, { order }))).toEqual(['never', ...newest]);
    const picked = { places: both, order, queues: ['filled'], error: '2-retries' } as const;
    expect(named(await all(scene, picked))).toEqual(['2-retries']);
    expect(await scene.finder.count({ places: both, order })).toMatchObject({
      count: 5,
      scanned: 5,
      total: 5,
    });
  });

  test('a filter by failure time finds only jobs of retries and dead, in any order', async () => {
    const scene = await failedOnes(begin);
    const first = scene.now - 5 * SECOND;
    const span = { failedFrom: first + SECOND, failedUntil: first + 3 * SECOND };
    expect(named(await all(scene, { ...span, order: 'failed' }))).toEqual(['2-retries', '1-dead']);
    expect(named(await all(scene, span)).sort()).toEqual(['1-dead', '2-retries']);
    expect(named(await all(scene, { ...span, jids: ['1-dead', '0-retries', 'never'] }))).toEqual(['1-dead']);
    expect(named(await all(scene, { failedFrom: first + 5 * SECOND }))).toEqual([]);
  });

  test('a filter by failure time leaves out a job that was killed and never failed', async () => {
    const scene = await failedOnes(begin);
    await scene.finder.change(
      (await all(scene, { places: ['ready'] })).map(({ entry }) => entry),
      { do: 'kill', deadFor: HOUR },
    );
    const ever = { places: both, failedFrom: 0 };
    expect(named(await all(scene, { ...ever, order: 'failed' }))).toEqual(newest);
    expect(named(await all(scene, ever)).sort()).toEqual([...newest].sort());
    expect(await scene.finder.count({ ...ever, order: 'failed' })).toMatchObject({ count: 5 });
    expect(named(await all(scene, { places: both, order: 'failed' }))).toContain('never');
  });

  test('a job keeps its failure time when it is edited, rescheduled or killed; without a failure it has the time of the kill', async () => {
    const scene = await begin();
    await scene.fill('retries', ['retry'], HOUR);
    const failed = scene.now;
    scene.now += SECOND;
    await scene.engine.push([entry('well'), entry('later', { at: scene.now + HOUR })]);
    const change = async (what: EntryChange) =>
      scene.finder.change(
        (await all(scene)).map(({ entry }) => entry),
        what,
      );
    const documents = (await all(scene)).map(({ document }) => document);
    await change({ do: 'prioritize', priority: 9, documents });
    await change({ do: 'schedule', at: scene.now + 2 * HOUR });
    await change({ do: 'kill', deadFor: HOUR });
    const found = await all(scene, { order: 'failed' });
    expect(named(found).slice(0, 2).sort()).toEqual(['later', 'well']);
    expect(found.map(({ failedAt = 0 }) => Math.floor(failedAt / 1000))).toEqual([
      scene.now / 1000,
      scene.now / 1000,
      failed / 1000,
    ]);
  });
}

function exerciseBites(begin: Begin): void {
  test('bites return each job once, with their progress', async () => {
    const scene = await begin();
    await scene.engine.push(jids('job', 2500).map((jid) => entry(jid)));
    await scene.fill('scheduled', jids('later', 10));
    const ask = { places: EVERYWHERE };
    const first = await scene.finder.find(ask, { limit: 1000 });
    expect(first.jobs.length).toBeLessThanOrEqual(1000);
    expect([first.scanned, first.total]).toEqual([first.jobs.length, 2510]);
    // How many jobs a bite has depends on the speed of the machine.
    const found = [...first.jobs];
    let last = first;
    while (last.next !== undefined) {
      const bite = await scene.finder.find(ask, { cursor: last.next, limit: 5000 });
      // Only the last bite may be empty, because the one before may have ended with the last job.
      if (bite.next !== undefined) expect(bite.scanned).toBeGreaterThan(last.scanned);
      found.push(...bite.jobs);
      last = bite;
    }
    expect(named(found)).toEqual([...jids('job', 2500), ...jids('later', 10)]);
    expect([last.scanned, last.total]).toEqual([2510, 2510]);
    let none = await scene.finder.find({ ...ask, text: 'nowhere' }, { limit: 1 });
    while (none.next !== undefined) {
      expect(none.jobs).toEqual([]);
      none = await scene.finder.find({ ...ask, text: 'nowhere' }, { cursor: none.next, limit: 1 });
    }
    expect([none.jobs, none.scanned]).toEqual([[], 2510]);
  });

  test('jobs in 3 of 3,000 queues are found in few bites', async () => {
    const scene = await begin();
    const names = jids('queue', 3000);
    await scene.engine.push(names.map((queue) => entry(`in-${queue}`, { queue })));
    await scene.finder.change(
      (await all(scene, {}, 5000)).filter((_, index) => index % 1000 !== 7).map(({ entry: name }) => name),
      { do: 'discard' },
    );
    let [bites, cursor]: [number, string | undefined] = [0, undefined];
    const found: string[] = [];
    do {
      const bite = await scene.finder.find({ places: EVERYWHERE }, { cursor, limit: 100 });
      bites += 1;
      found.push(...named(bite.jobs));
      cursor = bite.next;
    } while (cursor !== undefined);
    expect(found).toEqual(['in-queue-000007', 'in-queue-001007', 'in-queue-002007']);
    expect(bites).toBeLessThanOrEqual(3000 / 50); // on any machine, a bite gets past at least 50 queues
  });

  test('an aborted search and an invalid cursor are rejected', async () => {
    const scene = await everywhere(begin);
    const given = { places: EVERYWHERE };
    const gone = scene.finder.find(given, { limit: 1 }, AbortSignal.abort());
    await expect(gone).rejects.toMatchObject({ code: 'ABORTED' });
    const leaving = new AbortController();
    const cut = scene.finder.count(given, undefined, leaving.signal);
    leaving.abort();
    await expect(cut).rejects.toMatchObject({ code: 'ABORTED' });
    const wrong = scene.finder.find(given, { limit: 1, cursor: '1; DROP TABLE job' });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID' });
    expect(await all(scene)).toHaveLength(5);
  });
}

function exerciseNullFailures(begin: Begin): void {
  test.each(['{"errtype":null}', '{"message":null}', '{}'])(
    'a failure %s is searched like one without texts',
    async (text) => {
      const scene = await begin();
      await scene.engine.push([
        entry('job-1', { failure: text }),
        entry('job-2', { failure: failure('no mail') }),
      ]);
      const jidsOf = async (ask: Partial<FindAsk>): Promise<string[]> => {
        const { jobs } = await scene.finder.find({ places: EVERYWHERE, ...ask }, { limit: 10 });
        return jobs.map(({ jid }) => jid);
      };
      expect(await jidsOf({ error: 'mail' })).toEqual(['job-2']);
      expect(await jidsOf({ error: '' })).toEqual(['job-1', 'job-2']);
      expect(await jidsOf({ fingerprints: [fingerprint('', '').id] })).toEqual(['job-1']);
    },
  );
}

/** Action → the places of the jobs from ready, scheduled, retries, working and dead after it. */
const FATES: [name: string, (now: number) => EntryChange, (string | undefined)[]][] = [
  ['discard', () => ({ do: 'discard' }), [undefined, undefined, undefined, 'working', undefined]],
  ['kill', () => ({ do: 'kill', deadFor: 9 * HOUR }), ['dead', 'dead', 'dead', 'working', 'dead']],
  ['requeue', () => ({ do: 'requeue' }), ['ready', 'ready', 'ready', 'working', 'ready']],
  [
    'schedule',
    (now) => ({ do: 'schedule', at: now + 5 * HOUR }),
    ['scheduled', 'scheduled', 'retries', 'working', 'scheduled'],
  ],
];

async function expectFates(
  scene: Scene,
  found: readonly Found[],
  fates: readonly (string | undefined)[],
): Promise<void> {
  const after = new Map((await all(scene)).map((job) => [job.jid, job.place]));
  expect(found.map(({ jid }) => after.get(jid))).toEqual(fates);
  const { scheduled, retries, dead } = await scene.engine.sizes();
  const counts = ['scheduled', 'retries', 'dead'].map((set) => fates.filter((fate) => fate === set).length);
  expect([scheduled, retries, dead]).toEqual(counts);
  const ready = (await scene.engine.queues()).reduce((sum, { size }) => sum + size, 0);
  expect(ready).toBe(fates.filter((fate) => fate === 'ready').length);
}

function exerciseChange(begin: Begin): void {
  for (const [name, what, fates] of FATES)
    test(`${name} moves each job to its place, keeps working jobs, and lasts over a restart`, async () => {
      const scene = await everywhere(begin);
      const change = what(scene.now);
      const found = await all(scene);
      await scene.finder.change(
        found.map(({ entry }) => entry),
        change,
      );
      await expectFates(scene, found, fates);
      await scene.restart();
      await expectFates(scene, found, fates);
    });

  test('change returns false for jobs that are in that state already, have moved, or are unknown', async () => {
    const scene = await everywhere(begin);
    const names = (await all(scene)).map(({ entry }) => entry);
    const kill = { do: 'kill', deadFor: HOUR } as const;
    expect(await scene.finder.change([...names, 'nonsense'], kill)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(await scene.finder.change(names, { do: 'discard' })).toEqual([false, false, false, false, true]);
    await expectSizes(scene.engine, { dead: 3, working: 1, processed: 2, failures: 2 });
  });

  test('killed jobs keep to the limit of dead, and a rescheduled job is reported if it is the earliest', async () => {
    const scene = await begin({ deadLimit: 2 });
    await scene.engine.push(jids('job', 5).map((jid) => entry(jid)));
    const [first, ...others] = (await all(scene)).map(({ entry }) => entry);
    await scene.finder.change(others, { do: 'kill', deadFor: HOUR });
    await expectSizes(scene.engine, { dead: 2 });
    const news: string[] = [];
    scene.engine.onDue((place) => news.push(place));
    await scene.finder.change([first ?? ''], { do: 'schedule', at: scene.now + HOUR });
    expect(news).toEqual(['scheduled']);
    await expectQueues(scene.engine, { default: 0 });
  });
}

const rewritten = (found: readonly Found[]): string[] =>
  found.map(({ document }) => document.replace('"T"', '"Rewritten"'));

function exerciseEdit(begin: Begin): void {
  test('a moved job is at the tail of its new queue with its new document, and onReady reports it', async () => {
    const scene = await begin();
    await scene.engine.push([entry('here-1', { queue: 'new' }), entry('job-1'), entry('job-2')]);
    await scene.fill('retries', ['later'], HOUR);
    const reported: [string, number][] = [];
    scene.engine.onReady((queue, count) => reported.push([queue, count]) > 0);
    const found = await all(scene, { jids: ['job-1', 'later'] });
    const names = found.map(({ entry }) => entry);
    await scene.finder.change(names, { do: 'move', queue: 'new', documents: rewritten(found) });
    expect(reported).toEqual([['new', 1]]);
    await expectQueues(scene.engine, { default: 1, filled: 0, new: 2 });
    await scene.engine.mutate({ set: 'retries', change: 'requeue' });
    const taken = [await scene.take('new'), await scene.take('new'), await scene.take('new')];
    expect(taken.map(({ jid, document }) => [jid, document.includes('Rewritten')])).toEqual([
      ['here-1', false],
      ['job-1', true],
      ['later', true],
    ]);
  });

  test('a job with a new priority is handed out by it', async () => {
    const scene = await begin();
    await scene.engine.push(jids('job', 3).map((jid) => entry(jid)));
    const found = await all(scene, { jids: ['job-000002'] });
    const names = found.map(({ entry }) => entry);
    const what = { do: 'prioritize', priority: 9, documents: rewritten(found) } as const;
    expect(await scene.finder.change(names, what)).toEqual([true]);
    expect(await scene.drain()).toEqual(['job-000002', 'job-000000', 'job-000001']);
  });

  test('a job that has changed since it was found is not changed again, because its document is out of date', async () => {
    const scene = await begin();
    await scene.engine.push([entry('ready-1'), entry('later-1', { at: scene.now + HOUR })]);
    const found = await all(scene);
    const names = found.map(({ entry }) => entry);
    const documents = rewritten(found);
    const first = { do: 'prioritize', priority: 9, documents } as const;
    expect(await scene.finder.change(names, first)).toEqual([true, true]);
    const old = found.map(({ document }) => document);
    expect(await scene.finder.change(names, { do: 'move', queue: 'new', documents: old })).toEqual([
      false,
      false,
    ]);
    expect((await all(scene)).map(({ document }) => document)).toEqual(documents);
  });

  test('a change without a document for each entry is refused and changes nothing', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-1'), entry('job-2')]);
    const found = await all(scene);
    const names = found.map(({ entry }) => entry);
    const what = { do: 'move', queue: 'new', documents: rewritten(found).slice(1) } as const;
    await expect(scene.finder.change(names, what)).rejects.toMatchObject({ code: 'INVALID' });
    expect(await all(scene)).toEqual(found);
  });
}
