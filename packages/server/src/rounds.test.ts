/** Tests that the requests of several clients share the rounds of the event loop. */
import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { largeParts, OneByOne, pageParts, Rounds } from './rounds.ts';

test('each round of the event loop does one part of each kind, in the order of the calls', async () => {
  const seen: string[][] = [];
  let round: string[] = [];
  const work = async (name: string, lane: typeof largeParts): Promise<void> => {
    for (let part = 1; part <= 2; part++) {
      await lane.next();
      round.push(`${name}${part}`);
    }
  };
  const all = Promise.all([work('a', largeParts), work('b', largeParts), work('page', pageParts)]);
  let ended = false;
  void all.then(() => {
    ended = true;
  });
  while (!ended) {
    await nextRound();
    seen.push(round.sort());
    round = [];
  }
  expect(seen.filter(({ length }) => length > 0)).toEqual([['a1', 'page1'], ['b1', 'page2'], ['a2'], ['b2']]);
});

test('a reading in parts ends with its result, or with its error', async () => {
  function* reading(fault?: Error): Generator<void, string> {
    yield;
    if (fault) throw fault;
    return 'read';
  }
  expect(await largeParts.read(reading())).toBe('read');
  await expect(largeParts.read(reading(new Error('unreadable')))).rejects.toThrow('unreadable');
  expect(await largeParts.read(reading())).toBe('read');
});

const LINE = 40_000; // characters: the clock is looked at for each

test('once lines took five milliseconds of a round, the others start in later rounds, in their order', async () => {
  let clock = 0;
  const rounds = new Rounds(() => clock);
  const started: string[] = [];
  /** A line of 4 ms. */
  const start = (name: string): void => {
    if (rounds.over) {
      rounds.wait(() => start(name));
      return;
    }
    rounds.spend(LINE);
    clock += 4;
    started.push(name);
  };
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) start(name);
  expect(started.join('')).toBe('abc');
  await nextRound();
  expect(started.join('')).toBe('abcdef');
  await nextRound();
  expect(started.join('')).toBe('abcdefghi');
  await nextRound();
  expect(started.join('')).toBe('abcdefghij');
  expect(rounds.over).toBe(false);
});

test('the time between rounds without lines is not counted', async () => {
  let clock = 0;
  const rounds = new Rounds(() => clock);
  for (let n = 0; n < 5; n++) {
    rounds.spend(LINE);
    expect(rounds.over).toBe(false);
    await nextRound();
    clock += 1000;
  }
});

test('small lines are looked at only together, so that each costs next to nothing', () => {
  let looks = 0;
  const rounds = new Rounds(() => ++looks);
  for (let n = 0; n < 100; n++) rounds.spend(200);
  expect(looks).toBe(0);
  for (let n = 0; n < 100; n++) rounds.spend(200);
  expect(looks).toBe(1);
});

test('answers of one moment are made for five milliseconds a round, and none is lost', async () => {
  let clock = 0;
  const rounds = new Rounds(() => clock);
  const made: string[] = [];
  const all = ['a', 'b', 'c', 'd'].map((name) =>
    rounds.make(LINE, () => {
      clock += 4;
      made.push(name);
      return name;
    }),
  );
  expect(made.join('')).toBe('ab');
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  expect(made.join('')).toBe('abcd');
});

test('works of one kind run one after another, also behind one that failed', async () => {
  const turns = new OneByOne();
  let running = 0;
  const work = async (fails: boolean): Promise<number> => {
    running += 1;
    const most = running;
    await nextRound();
    running -= 1;
    if (fails) throw new Error('failed');
    return most;
  };
  const ends = await Promise.allSettled([turns.run(() => work(true)), turns.run(() => work(false))]);
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : 'failed'))).toEqual(['failed', 1]);
});
