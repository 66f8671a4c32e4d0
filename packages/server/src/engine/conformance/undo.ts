/**
 * Conformance: undoing a change. A job is restored exactly, or it stays as it is and is counted.
 */
import { describe, expect, test } from 'vitest';
import type { EntryChange, Finder, Found, UndoLabel } from '../engine.ts';
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
  SECOND,
  scenes,
} from './scene.ts';

const TEN_MINUTES = 600 * SECOND;

export function exerciseUndo(open: Open): void {
  describe('undo', () => {
    const begin = scenes(open);
    exerciseExactly(begin);
    exerciseDiscarded(begin);
    exerciseMoved(begin);
    exerciseBites(begin);
    exerciseNames(begin);
    exerciseExpired(begin);
    exerciseFaults(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

const all = (scene: Scene): Promise<Found[]> => scene.found();

const label = (name: string, action = 'change'): UndoLabel => ({ name, action, who: 'ann' });
const namesOf = (found: readonly Found[]): string[] => found.map(({ entry: name }) => name);
const rewritten = (found: readonly Found[]): string[] =>
  found.map(({ document }) => document.replace('"T"', '"Rewritten"'));

/** Changes these jobs; returns how many were changed. */
async function change(
  finder: Finder,
  found: readonly Found[],
  what: EntryChange,
  undo: UndoLabel,
): Promise<number> {
  return (await finder.change(namesOf(found), what, undo)).filter(Boolean).length;
}

/** Jobs of several priorities, with and without failures, in all places. */
async function filled(begin: Begin): Promise<Scene> {
  const scene = await begin();
  await scene.fill('dead', jids('dead', 3), HOUR);
  await scene.fill('retries', jids('retry', 3), 2 * HOUR);
  await scene.fill('scheduled', jids('later', 3), 3 * HOUR);
  await scene.engine.push([entry('held', { queue: 'held' })]);
  await scene.take('held');
  await scene.engine.push([
    entry('low', { priority: 1 }),
    entry('middle', { failure: failure('sent') }),
    entry('urgent', { priority: 9 }),
    entry('middle-2'),
  ]);
  scene.now += HOUR / 2;
  return scene;
}

const ACTIONS: [string, (now: number, found: readonly Found[]) => EntryChange][] = [
  ['discard', () => ({ do: 'discard' })],
  ['kill', () => ({ do: 'kill', deadFor: 9 * HOUR })],
  ['requeue', () => ({ do: 'requeue' })],
  ['schedule', (now) => ({ do: 'schedule', at: now + 5 * HOUR })],
  ['move', (_, found) => ({ do: 'move', queue: 'elsewhere', documents: rewritten(found) })],
  ['prioritize', (_, found) => ({ do: 'prioritize', priority: 7, documents: rewritten(found) })],
];

function exerciseExactly(begin: Begin): void {
  test.each(ACTIONS)('undo of %s restores places, order, times, failures and documents', async (_, make) => {
    const scene = await filled(begin);
    const before = await all(scene);
    const sizes = await scene.engine.sizes();
    const queues = (await scene.engine.queues()).filter(({ size }) => size > 0);
    const changed = await change(scene.finder, before, make(scene.now, before), label('first'));
    expect(changed).toBeGreaterThan(6);
    expect(await all(scene)).not.toEqual(before);
    scene.now += SECOND;
    await scene.restart();
    expect(await scene.finder.undo('first', 1000)).toEqual({ undone: changed, kept: 0, left: 0 });
    expect(await all(scene)).toEqual(before);
    expect(await scene.engine.sizes()).toEqual(sizes);
    expect((await scene.engine.queues()).filter(({ size }) => size > 0)).toEqual(queues);
    await scene.restart();
    expect(await all(scene)).toEqual(before);
    expect(await scene.drain()).toEqual(['urgent', 'middle', 'middle-2', 'low']);
  });

  test('restored jobs are reported by onReady and onDue', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001'), entry('later', { at: scene.now + HOUR })]);
    await change(scene.finder, await all(scene), { do: 'kill', deadFor: HOUR }, label('kill'));
    await scene.restart();
    const reported: unknown[] = [];
    scene.engine.onReady((queue, count) => reported.push([queue, count]) < 0);
    scene.engine.onDue((place, due) => reported.push([place, due]));
    await scene.finder.undo('kill', 10);
    expect(reported).toContainEqual(['default', 1]);
    expect(reported).toContainEqual(['scheduled', scene.now + HOUR]);
  });
}

function exerciseDiscarded(begin: Begin): void {
  test('discarded jobs are restored at their old positions, before jobs pushed meanwhile', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 5)));
    await change(scene.finder, await all(scene), { do: 'discard' }, label('clear'));
    await scene.engine.push([...entries(jids('new', 5)), entry('job-000002', { priority: 9 })]);
    expect(await scene.finder.undo('clear', 10)).toEqual({ undone: 5, kept: 0, left: 0 });
    await expectQueues(scene.engine, { default: 11 });
    expect(await scene.drain()).toEqual(['job-000002', ...jids('job', 5), ...jids('new', 5)]);
  });

  test('a removed queue is registered again with its restored jobs', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2), { queue: 'mail' }));
    await change(scene.finder, await all(scene), { do: 'discard' }, label('clear'));
    await scene.engine.changeQueues(['mail'], 'remove');
    await scene.finder.undo('clear', 10);
    await expectQueues(scene.engine, { mail: 2 });
    expect(await scene.drain('mail')).toEqual(jids('job', 2));
  });

  test('undo of a kill restores the dead jobs that it evicted too', async () => {
    const scene = await begin({ deadLimit: 4 });
    await scene.fill('dead', jids('old', 3), HOUR);
    await scene.engine.push(entries(jids('job', 10)));
    const before = await all(scene);
    const alive = before.filter(({ place }) => place === 'ready');
    for (let from = 0; from < alive.length; from += 4)
      await change(
        scene.finder,
        alive.slice(from, from + 4),
        { do: 'kill', deadFor: 2 * HOUR },
        label('kill'),
      );
    await expectSizes(scene.engine, { dead: 4, processed: 3, failures: 3 });
    for (let left = 1; left > 0; ) ({ left } = await scene.finder.undo('kill', 3));
    expect(await all(scene)).toEqual(before);
    expect(await scene.drain()).toEqual(jids('job', 10));
  });

  test('restored dead jobs keep to the limit of dead', async () => {
    const scene = await begin({ deadLimit: 3 });
    await scene.fill('dead', jids('old', 3), HOUR);
    await change(scene.finder, await all(scene), { do: 'discard' }, label('clear'));
    await scene.fill('dead', jids('new', 2), 2 * HOUR);
    expect(await scene.finder.undo('clear', 10)).toMatchObject({ undone: 3 });
    await expectSizes(scene.engine, { dead: 3, processed: 5, failures: 5 });
  });
}

function exerciseMoved(begin: Begin): void {
  test('a job that was fetched or changed again is not restored', async () => {
    const scene = await begin();
    await scene.fill('dead', ['taken', 'ended', 'back', 'again', 'still'], HOUR);
    await change(scene.finder, await all(scene), { do: 'requeue' }, label('requeue'));
    await scene.take('filled');
    await scene.engine.settle(await scene.take('filled'), { to: 'done' });
    await scene.engine.settle(await scene.take('filled'), { to: 'queue' });
    const found = (await all(scene)).filter(({ jid }) => jid === 'again');
    await scene.finder.change(namesOf(found), { do: 'schedule', at: scene.now + HOUR });
    expect(await scene.finder.undo('requeue', 10)).toEqual({ undone: 1, kept: 4, left: 0 });
    const places = Object.fromEntries((await all(scene)).map(({ jid, place }) => [jid, place]));
    expect(places).toEqual({ taken: 'working', back: 'ready', again: 'scheduled', still: 'dead' });
    await expectQueues(scene.engine, { filled: 1 });
  });

  test('two changes of one job are undone one after the other', async () => {
    const scene = await filled(begin);
    const before = await all(scene);
    const move: EntryChange = { do: 'move', queue: 'elsewhere', documents: rewritten(before) };
    await change(scene.finder, before, move, label('move'));
    const between = await all(scene);
    await change(scene.finder, between, { do: 'discard' }, label('discard'));
    expect(await scene.finder.undo('discard', 100)).toMatchObject({ kept: 0 });
    expect(await all(scene)).toEqual(between);
    expect(await scene.finder.undo('move', 100)).toMatchObject({ kept: 0 });
    expect(await all(scene)).toEqual(before);
  });
}

function exerciseBites(begin: Begin): void {
  test('a change in bites has one name, and is undone in bites', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 25)));
    const before = await all(scene);
    for (let from = 0; from < 25; from += 10) {
      const bite = before.slice(from, from + 10);
      await change(scene.finder, bite, { do: 'kill', deadFor: HOUR }, label('kill'));
      scene.now += SECOND;
    }
    const [known] = await scene.finder.undoable();
    expect(known).toEqual({
      name: 'kill',
      action: 'change',
      who: 'ann',
      at: scene.now - 3 * SECOND,
      until: scene.now - SECOND + TEN_MINUTES,
      count: 25,
    });
    expect(await scene.finder.undo('kill', 10)).toEqual({ undone: 10, kept: 0, left: 15 });
    await expectSizes(scene.engine, { dead: 15 });
    await scene.restart();
    expect(await scene.finder.undo('kill', 10)).toEqual({ undone: 10, kept: 0, left: 5 });
    expect(await scene.finder.undo('kill', 10)).toEqual({ undone: 5, kept: 0, left: 0 });
    expect(await all(scene)).toEqual(before);
    expect(await scene.finder.undoable()).toEqual([]);
  });
}

function exerciseNames(begin: Begin): void {
  test('undoable returns the newest change first, and none that changed no job', async () => {
    const scene = await filled(begin);
    const found = await all(scene);
    await change(scene.finder, found.slice(0, 2), { do: 'discard' }, { name: 'one', action: 'discard' });
    await change(scene.finder, found.slice(2, 4), { do: 'discard' }, label('two', 'a \0 text'));
    await change(scene.finder, found.slice(0, 2), { do: 'discard' }, label('three'));
    expect((await scene.finder.undoable()).map(({ name, action, who }) => [name, action, who])).toEqual([
      ['two', 'a \0 text', 'ann'],
      ['one', 'discard', undefined],
    ]);
    await expect(scene.finder.undo('three', 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a second change with the same name is refused and changes nothing', async () => {
    const scene = await filled(begin);
    const [first, ...others] = await all(scene);
    if (!first) throw new Error('no job');
    await change(scene.finder, [first], { do: 'discard' }, label('same', 'discard'));
    const before = await all(scene);
    const other = change(scene.finder, others, { do: 'requeue' }, label('same', 'requeue'));
    await expect(other).rejects.toMatchObject({ code: 'INVALID' });
    expect(await all(scene)).toEqual(before);
  });

  test('a change without a label cannot be undone', async () => {
    const scene = await filled(begin);
    await scene.finder.change(namesOf(await all(scene)), { do: 'discard' });
    expect(await scene.finder.undoable()).toEqual([]);
    expect(await scene.finder.expireUndo(10)).toBe(0);
  });
}

function exerciseExpired(begin: Begin): void {
  test('after ten minutes a change cannot be undone, and its data is deleted in bites', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 25)));
    await change(scene.finder, await all(scene), { do: 'discard' }, label('clear'));
    scene.now += TEN_MINUTES - 1;
    expect(await scene.finder.expireUndo(10)).toBe(0);
    expect(await scene.finder.undoable()).toHaveLength(1);
    scene.now += 1;
    await expect(scene.finder.undo('clear', 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await scene.finder.undoable()).toEqual([]);
    let deleted = 0;
    for (let gone = 1; gone > 0; deleted += gone) gone = await scene.finder.expireUndo(10);
    expect(deleted).toBe(25);
    await scene.engine.push([entry('again')]);
    await change(scene.finder, await all(scene), { do: 'requeue' }, label('clear', 'another'));
    await expectQueues(scene.engine, { default: 1 });
  });

  test('a flush deletes undo data', async () => {
    const scene = await filled(begin);
    await change(scene.finder, await all(scene), { do: 'discard' }, label('clear'));
    await scene.engine.flush();
    await expect(scene.finder.undo('clear', 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expectSizes(scene.engine, {});
  });
}

function exerciseFaults(begin: Begin): void {
  test('a commit that fails changes nothing and leaves nothing to undo', async () => {
    const scene = await filled(begin);
    const before = await all(scene);
    const documents = rewritten(before);
    documents[3] = null as unknown as string; // a store refuses a job without a document
    const what: EntryChange = { do: 'move', queue: 'elsewhere', documents };
    await expect(change(scene.finder, before, what, label('move'))).rejects.toMatchObject({
      code: 'STORAGE',
    });
    expect(await scene.finder.undoable()).toEqual([]);
    await scene.restart();
    expect(await all(scene)).toEqual(before);
    await expect(scene.finder.undo('move', 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
}
