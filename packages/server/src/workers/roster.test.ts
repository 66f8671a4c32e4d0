/** A worker's life: HELLO, BEAT, forward-only states, silence. */
import { expect, test, vi } from 'vitest';
import { MOST_NAMES, MOST_OF_NAMES, Roster, SILENCE, type WorkerLine } from './roster.ts';

function makeRoster() {
  const time = { now: 1_000_000 };
  return { time, roster: new Roster(() => time.now) };
}

function line(wid: string, hostname = 'host') {
  return {
    self: { wid, hostname, pid: 7, labels: ['a'] },
    owner: '',
    leased: false,
    close: vi.fn<WorkerLine['close']>(),
  };
}

const leased = (wid: string) => ({ ...line(wid), leased: true });

test('the first HELLO of a wid makes the record, later ones only join it', () => {
  const { roster } = makeRoster();
  roster.join(line('w', 'first'));
  roster.join(line('w', 'second'));
  expect(roster.size).toBe(1);
  expect(roster.workers()[0]).toMatchObject({ hostname: 'first', state: 'running', labels: ['a'] });
});

test('the record goes with its last connection', () => {
  const { roster } = makeRoster();
  const [a, b] = [line('w'), line('w')];
  roster.join(a);
  roster.join(b);
  roster.leave(a);
  expect(roster.size).toBe(1);
  roster.leave(b);
  expect(roster.size).toBe(0);
});

test('states only move forward', () => {
  const { roster } = makeRoster();
  roster.join(line('w'));
  expect(roster.beat({ wid: 'w', state: 'quiet' }, undefined)).toBe('quiet');
  expect(roster.beat({ wid: 'w', state: 'running' }, undefined)).toBe('quiet');
  expect(roster.beat({ wid: 'w', state: 'terminate' }, undefined)).toBe('terminate');
  expect(roster.beat({ wid: 'w', state: 'quiet' }, undefined)).toBe('terminate');
});

test('every BEAT is told the state, and its memory is kept', () => {
  const { roster } = makeRoster();
  roster.join(line('w'));
  roster.beat({ wid: 'w', state: 'quiet', rssKb: 500 }, undefined);
  expect(roster.beat({ wid: 'w' }, undefined)).toBe('quiet');
  expect(roster.workers()[0]?.rssKb).toBe(500);
});

test('what a worker asked for last is known, and nothing of a wid that is not here', () => {
  const { roster } = makeRoster();
  roster.join(line('w'));
  expect(roster.workers()[0]?.queues).toEqual([]);
  expect(roster.fetching('w', ['mail', 'default'])).toBe('running');
  roster.beat({ wid: 'w', state: 'quiet' }, undefined);
  expect(roster.fetching('w', ['mail'])).toBe('quiet');
  expect(roster.workers()[0]?.queues).toEqual(['mail']);
  expect(roster.fetching('nobody', ['mail'])).toBe('running');
});

test('a BEAT for an unknown wid is an error', () => {
  const { roster } = makeRoster();
  expect(() => roster.beat({ wid: 'nobody' }, line('other'))).toThrow('unknown worker nobody');
});

test('a BEAT from a connection whose HELLO carried the wid makes the record again', () => {
  const { roster, time } = makeRoster();
  const alive = line('w');
  roster.join(alive);
  time.now += SILENCE;
  roster.reap();
  expect(roster.beat({ wid: 'w' }, alive)).toBe('running');
  expect(roster.size).toBe(1);
});

test('60 s of silence end a worker and close its connections', () => {
  const { roster, time } = makeRoster();
  const [silent, alive] = [line('silent'), line('alive')];
  roster.join(silent);
  roster.join(alive);
  time.now += SILENCE - 1;
  roster.beat({ wid: 'alive' }, undefined);
  roster.reap();
  expect(roster.size).toBe(2);
  time.now += 1;
  roster.reap();
  expect(roster.workers().map(({ wid }) => wid)).toEqual(['alive']);
  expect(silent.close).toHaveBeenCalledOnce();
  expect(alive.close).not.toHaveBeenCalled();
  expect(roster.reaped).toBe(1);
});

test('a connection that takes over closes the leased ones that joined before it, and no other', () => {
  const { roster } = makeRoster();
  const [heart, old, other, mine] = [line('w'), leased('w'), leased('x'), leased('w')];
  for (const each of [heart, old, other, mine]) roster.join(each);
  roster.takeOver(mine);
  expect(old.close).toHaveBeenCalledOnce();
  for (const each of [heart, other, mine]) expect(each.close).not.toHaveBeenCalled();
});

test('a connection that was held up on its way does not take over from a newer one', () => {
  const { roster } = makeRoster();
  const [late, newer] = [line('w'), leased('w')];
  for (const each of [late, newer]) roster.join(each);
  expect(() => roster.takeOver(late)).toThrow(expect.objectContaining({ code: 'STALE' }));
  expect(newer.close).not.toHaveBeenCalled();
});

test('a worker that is heard stays, and a silent one goes, whatever the wall clock does', () => {
  const time = { wall: 0, steady: 0 };
  const roster = new Roster(
    () => time.wall,
    () => time.steady,
  );
  for (const wid of ['heard', 'silent']) roster.join(line(wid));
  time.wall += 3_600_000_000;
  roster.reap();
  expect(roster.size).toBe(2);
  time.wall -= 7_200_000_000;
  time.steady += SILENCE - 1;
  roster.beat({ wid: 'heard' }, undefined);
  time.steady += 1;
  roster.reap();
  expect(roster.workers().map(({ wid }) => wid)).toEqual(['heard']);
});

test('all workers together keep at most 100,000 queue names, and room returns when one leaves', () => {
  const { roster } = makeRoster();
  const lines = [line('a'), line('b'), line('c')] as const;
  for (const one of lines) roster.join(one);
  const many = Array.from({ length: MOST_NAMES - 2 }, (_, index) => `q${index}`);
  const kept = (wid: string) => roster.workers().find((worker) => worker.wid === wid)?.queues;
  roster.fetching('a', ['x']);
  roster.fetching('a', many);
  roster.fetching('b', ['x', 'y', 'z']);
  roster.fetching('c', ['x']);
  expect([kept('a')?.length, kept('b'), kept('c')]).toEqual([MOST_NAMES - 2, ['x', 'y'], []]);
  roster.leave(lines[0]);
  roster.fetching('b', ['x', 'y', 'z']);
  roster.fetching('c', ['x']);
  expect([kept('b'), kept('c')]).toEqual([['x', 'y', 'z'], ['x']]);
});

test('all workers together keep queue names of at most 2 Mi characters, and room returns when one leaves', () => {
  const { roster } = makeRoster();
  const lines = Array.from({ length: 40 }, (_, index) => line(`w${index}`));
  for (const one of lines) roster.join(one);
  const length = () =>
    roster.workers().reduce((sum, { queues }) => sum + queues.reduce((all, name) => all + name.length, 0), 0);
  const names = Array.from({ length: 1000 }, (_, index) => `${index}`.padStart(65, 'q'));
  for (const { self } of lines) roster.fetching(self.wid, names);
  expect(length()).toBeLessThanOrEqual(MOST_OF_NAMES);
  expect(length()).toBeGreaterThan(MOST_OF_NAMES - 65);
  for (const one of lines.slice(0, -1)) roster.leave(one);
  roster.fetching('w39', names);
  expect(roster.workers()[0]?.queues).toEqual(names);
});

test('the record of a worker has the hostname and labels that there is room for', () => {
  const { roster } = makeRoster();
  const long = line('w');
  const labels = Array.from({ length: 800 }, (_, index) => `label-${index}`.padEnd(64, 'm'));
  roster.join({ ...long, self: { ...long.self, labels } });
  const kept = roster.workers()[0]?.labels ?? [];
  expect(kept).toEqual(labels.slice(0, kept.length));
  expect(kept.length).toBeGreaterThan(20);
  expect(JSON.stringify(kept).length).toBeLessThan(2100);
});
