/** Tests the turn with a fake transaction: order, one commit, refused operations, faults. */
import { FaktoryError } from '@faktory-ts/protocol';
import { expect, test, vi } from 'vitest';
import { StorageErrors } from '../../storage-errors.ts';
import { type Transaction, Turn } from './turn.ts';

class FakeTransaction implements Transaction {
  readonly calls: string[] = [];
  failAtCommit = 0;
  #commits = 0;

  onAnnounce = (): boolean => false;

  begin(): void {
    this.calls.push('begin');
  }

  announce(): boolean {
    return this.onAnnounce();
  }

  commit(): void {
    this.#commits += 1;
    if (this.#commits === this.failAtCommit) throw new Error('disk I/O error');
    this.calls.push('commit');
  }

  rollback(): void {
    this.calls.push('rollback');
  }

  settled(): void {
    this.calls.push('settled');
  }
}

function makeTurn(now = () => 0) {
  const store = new FakeTransaction();
  const turn = new Turn(store, undefined, now);
  const write = (name: string) =>
    turn.run(() => {
      turn.begin();
      store.calls.push(name);
      return name;
    });
  return { store, turn, write };
}

test('operations of one turn share one transaction and keep their order', async () => {
  const { store, write } = makeTurn();
  expect(await Promise.all([write('a'), write('b'), write('c')])).toEqual(['a', 'b', 'c']);
  expect(store.calls).toEqual(['begin', 'a', 'b', 'c', 'commit', 'settled']);
});

test('an operation that a listener calls joins the same commit, once a turn', async () => {
  const { store, write } = makeTurn();
  const followers: Promise<string>[] = [];
  store.onAnnounce = () => {
    followers.push(write('b'));
    return true;
  };
  await write('a');
  expect(await Promise.all(followers)).toEqual(['b']);
  expect(store.calls).toEqual(['begin', 'a', 'b', 'commit', 'settled']);
});

test('the promise of an operation settles only after the commit', async () => {
  const { store, write } = makeTurn();
  await write('a');
  expect(store.calls.indexOf('commit')).toBeGreaterThan(store.calls.indexOf('a'));
});

/** A long operation of three parts; each part counts how often the event loop continued before it. */
function inThreeParts({ store, turn }: ReturnType<typeof makeTurn>): Promise<string> {
  let others = 0;
  return turn.runInParts(function* () {
    turn.begin();
    for (let part = 1; part <= 3; part++) {
      store.calls.push(`part ${part} after ${others}`);
      setImmediate(() => others++);
      if (part < 3) yield;
    }
    return 'long';
  });
}
const PARTS = ['part 1 after 0', 'part 2 after 1', 'part 3 after 2'];

test('a long operation runs in parts: the event loop continues, later operations wait, one commit has all', async () => {
  const made = makeTurn();
  const long = inThreeParts(made);
  await vi.waitFor(() => expect(made.store.calls).toContain('part 2 after 1'), { interval: 0 });
  expect(await Promise.all([long, made.write('later')])).toEqual(['long', 'later']);
  const { calls } = made.store;
  expect(calls.filter((call) => call === 'later')).toHaveLength(1);
  expect(calls.slice(0, 4)).toEqual(['begin', ...PARTS]);
});

test('short operations are committed before a long one that has not started', async () => {
  const made = makeTurn();
  expect(await Promise.all([inThreeParts(made), made.write('later')])).toEqual(['long', 'later']);
  const turns = ['begin', 'later', 'commit', 'settled', 'begin', ...PARTS, 'commit', 'settled'];
  expect(made.store.calls).toEqual(turns);
});

test('a long operation runs after all short ones that were called before it, also when these fill several turns', async () => {
  let now = 0;
  const { store, turn } = makeTurn(() => now);
  const slow = (name: string) => () => {
    turn.begin();
    store.calls.push(name);
    now += 6;
  };
  const short = ['a', 'b', 'c'].map((name) => turn.run(slow(name)));
  const long = turn.runLong(slow('long'));
  await Promise.all([...short, long, turn.run(slow('d'))]);
  const order = store.calls.filter((call) => call.length === 1 || call === 'long' || call === 'commit');
  expect(order).toEqual(['a', 'b', 'commit', 'c', 'd', 'commit', 'long', 'commit']);
});

test('a turn that a slow disk made longer lets the event loop run every ten milliseconds, and commits once', async () => {
  let now = 0;
  const { store, turn } = makeTurn(() => now);
  const commit = store.commit.bind(store);
  store.commit = () => {
    now += 40;
    commit();
  };
  let round = 0;
  const inRound: number[] = [];
  const write = () =>
    turn.run(() => {
      turn.begin();
      now += 6;
      inRound[round] = (inRound[round] ?? 0) + 1;
    });
  for (let n = 0; n < 20; n++) await write(); // it knows the disk now
  store.calls.length = 0;
  inRound.length = 0;
  round = 0;
  let ended = false;
  const all = Promise.all(Array.from({ length: 6 }, write)).then(() => {
    ended = true;
  });
  while (!ended) {
    await new Promise((resolve) => setImmediate(resolve));
    round += 1;
  }
  await all;
  expect(inRound.filter((count) => count !== undefined)).toEqual([2, 2, 2]);
  expect(store.calls).toEqual(['begin', 'commit', 'settled']);
});

test('a long operation is not overtaken for ever', async () => {
  const { store, turn, write } = makeTurn();
  const long = turn.runLong(() => {
    turn.begin();
    store.calls.push('long');
  });
  let stopped = false;
  const flood = async (): Promise<void> => {
    while (!stopped) await write('short');
  };
  const floods = [flood(), flood()];
  await long;
  stopped = true;
  await Promise.all(floods);
  expect(store.calls.slice(0, store.calls.indexOf('long')).filter((call) => call === 'commit')).toHaveLength(
    1,
  );
});

test('a turn starts no operation after 10 ms: it commits, and the event loop continues before the next turn', async () => {
  let now = 0;
  const { store, turn } = makeTurn(() => now);
  const operations = Array.from({ length: 10 }, (_, index) =>
    turn.run(() => {
      turn.begin();
      store.calls.push(`${index}`);
      now += 4;
      setImmediate(() => store.calls.push('event loop'));
    }),
  );
  await Promise.all(operations);
  const turns = store.calls
    .join(' ')
    .split(' commit settled')
    .map((text) => text.trim());
  expect(turns.map((text) => text.replaceAll(/\D+/g, ' ').trim())).toEqual([
    '0 1 2',
    '3 4 5',
    '6 7 8',
    '9',
    '',
  ]);
  for (const text of turns.slice(1, 4)) expect(text).toMatch(/^(event loop )+begin/);
});

test('long operations of more than 10 ms have a turn each', async () => {
  let now = 0;
  const { store, turn } = makeTurn(() => now);
  const long = (): Promise<void> =>
    turn.runInParts(function* () {
      turn.begin();
      now += 20;
      yield;
    });
  await Promise.all([long(), long(), long()]);
  expect(store.calls.filter((call) => call === 'commit')).toHaveLength(3);
});

test('a storage fault rejects also the operations of later turns', async () => {
  let now = 0;
  const { store, turn, write } = makeTurn(() => now);
  store.failAtCommit = 1;
  const slow = turn.run(() => {
    turn.begin();
    now += 20;
  });
  const results = await Promise.allSettled([slow, write('b'), turn.runLong(() => undefined)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await write('next')).toBe('next');
  expect(store.calls).not.toContain('b');
});

test('a fault between the parts of an operation rolls all parts back, and the next turn works', async () => {
  const { store, turn, write } = makeTurn();
  let later: Promise<string> | undefined;
  const long = turn.runInParts(function* () {
    turn.begin();
    later = write('later');
    later.catch(() => undefined);
    yield;
    throw new Error('disk I/O error');
  });
  await expect(long).rejects.toMatchObject({ code: 'STORAGE' });
  await expect(later).rejects.toMatchObject({ code: 'STORAGE' });
  expect(await write('next')).toBe('next');
  expect(store.calls).toEqual(['begin', 'rollback', 'begin', 'next', 'commit', 'settled']);
});

test('a turn that only reads opens no transaction', async () => {
  const { store, turn } = makeTurn();
  expect(await turn.run(() => 7)).toBe(7);
  expect(store.calls).toEqual(['settled']);
});

test('an operation that fails its checks does not affect the other operations of its turn', async () => {
  const { store, turn, write } = makeTurn();
  const refused = turn.run(() => {
    throw new FaktoryError('LIMIT', 'too many');
  });
  const results = await Promise.allSettled([write('a'), refused, write('b')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await expect(refused).rejects.toMatchObject({ code: 'LIMIT' });
  expect(store.calls).toContain('commit');
});

test('a storage fault rolls the whole turn back and rejects every operation in it', async () => {
  const { store, turn, write } = makeTurn();
  const faulty = () =>
    turn.run(() => {
      throw new Error('database disk image is malformed');
    });
  const results = await Promise.allSettled([write('a'), faulty(), write('b')]);
  for (const result of results)
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE' } });
  expect(store.calls).toEqual(['begin', 'a', 'rollback']);
});

test('an unreadable page rejects only its own operation while nothing was written in the turn', async () => {
  const { store, turn, write } = makeTurn();
  const faulty = turn.run(() => {
    throw Object.assign(new Error('database disk image is malformed'), { errcode: 11 });
  });
  const [first, second] = await Promise.allSettled([faulty, write('a')]);
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE' } });
  expect(second).toMatchObject({ status: 'fulfilled', value: 'a' });
  expect(store.calls).toEqual(['begin', 'a', 'commit', 'settled']);
});

test('a fault while a turn waits for more operations ends that turn, and the next turn works', async () => {
  const { store, turn, write } = makeTurn();
  await Promise.all([write('a'), write('b'), write('c')]); // the next turn expects three operations
  const faulty = turn.run(() => {
    throw new Error('disk I/O error');
  });
  await expect(faulty).rejects.toMatchObject({ code: 'STORAGE' });
  expect(await write('d')).toBe('d');
  expect(store.calls.slice(-3)).toEqual(['d', 'commit', 'settled']);
});

test('a failed commit rejects its operations, and the next turn works', async () => {
  const { store, write } = makeTurn();
  store.failAtCommit = 2;
  await write('a');
  await expect(write('b')).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining('disk I/O'),
  });
  expect(await write('c')).toBe('c');
  expect(store.calls.filter((call) => call === 'commit')).toHaveLength(2);
});

test('figures count commits and their operations', async () => {
  const { turn, write } = makeTurn();
  await Promise.all([write('a'), write('b')]);
  await turn.run(() => undefined);
  expect(turn.figures).toMatchObject({ commits: 1, operations: 2 });
});

/** A turn whose store another process has locked until `release` is called. */
function makeLocked() {
  const errors = new StorageErrors();
  const store = new FakeTransaction();
  const turn = new Turn(store, errors);
  let tries = 0;
  let free = false;
  const begin = store.begin.bind(store);
  store.begin = () => {
    tries += 1;
    if (!free) throw Object.assign(new Error('database is locked'), { errcode: 5 });
    begin();
  };
  const ran: string[] = [];
  const write = (name: string) =>
    turn.run(() => {
      turn.begin();
      ran.push(name);
      return name;
    });
  return { store, turn, write, ran, errors, tries: () => tries, release: () => (free = true) };
}

test('operations wait for a locked store between turns and are committed in their order', async () => {
  const { store, write, ran, tries, release } = makeLocked();
  const writes = [write('a'), write('b')];
  await vi.waitFor(() => expect(tries()).toBeGreaterThan(2));
  writes.push(write('c'));
  release();
  expect(await Promise.all(writes)).toEqual(['a', 'b', 'c']);
  expect(ran).toEqual(['a', 'b', 'c']);
  expect(store.calls.filter((call) => call === 'commit')).toHaveLength(1);
});

test('operations that only read finish while the store is locked', async () => {
  const { turn, write, release } = makeLocked();
  const written = write('a');
  expect(await turn.run(() => 'read')).toBe('read');
  expect(await turn.run(() => 'read again')).toBe('read again');
  release();
  expect(await written).toBe('a');
});

test('a write fails when the store stays locked for two seconds, and is counted as an error', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
  const inTime = async <T>(promise: Promise<T>): Promise<T> => {
    for (let turns = 0; turns < 500; turns++) {
      vi.advanceTimersByTime(5);
      await new Promise(setImmediate);
    }
    return promise;
  };
  try {
    const { write, errors, release } = makeLocked();
    for (const result of await inTime(Promise.allSettled([write('a'), write('b')])))
      expect(result).toMatchObject({ reason: { code: 'STORAGE', message: expect.stringMatching(/locked/) } });
    expect([errors.counts.locked, errors.current()]).toEqual([2, ['locked']]);
    release();
    expect(await inTime(write('c'))).toBe('c');
    expect(errors.current()).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test('an operation in parts that runs in order keeps its place: what is called later waits for all its parts', async () => {
  const { store, turn, write } = makeTurn();
  const inParts = turn.runInOrder(function* () {
    turn.begin();
    store.calls.push('part 1');
    yield;
    store.calls.push('part 2');
  });
  const later = write('later');
  const long = turn.runLong(() => store.calls.push('long'));
  await Promise.all([inParts, later, long]);
  const commits = ['commit', 'settled'];
  expect(store.calls.slice(0, 6)).toEqual(['begin', 'part 1', 'part 2', 'later', ...commits]);
});

test('a commit behind operations of 20 ms or more waits for one turn of the event loop', async () => {
  const time = { now: 0 };
  const { store, turn } = makeTurn(() => time.now);
  const takes = (ms: number) =>
    turn.run(() => {
      turn.begin();
      time.now += ms;
      setImmediate(() => store.calls.push('event loop'));
    });
  await takes(19);
  expect(store.calls).toEqual(['begin', 'commit', 'settled']);
  store.calls.length = 0;
  await takes(20);
  expect(store.calls).toEqual(['event loop', 'begin', 'event loop', 'commit', 'settled']);
});
