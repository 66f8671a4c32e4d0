/**
 * The base of all conformance tests: an engine on a new store, a clock that only the test moves,
 * and short functions to make entries and read what is stored.
 * Note: nothing here may depend on one engine, because every engine runs these tests.
 */
import type { Micros } from '@faktory-ts/protocol';
import { afterEach, expect } from 'vitest';
import type {
  Archive,
  Backend,
  Engine,
  Entry,
  FindAsk,
  Finder,
  Found,
  History,
  Place,
  Reservation,
  SetChange,
  Sizes,
} from '../engine.ts';

/** Settings that a conformance test may use; absent ones have the engine's defaults. */
interface StoreOptions {
  readonly clock: () => Micros;
  /** A monotonic clock: a step of the wall clock does not change it. */
  readonly steady: () => Micros;
  readonly deadLimit?: number;
  readonly maxQueueLength?: number;
  readonly maxQueues?: number;
  readonly leaseSpan?: Micros;
}

type SceneOptions = Omit<StoreOptions, 'clock' | 'steady'>;

/** An engine on a store of its own, already opened, with the store's capabilities. */
export interface OpenStore {
  readonly backend: Backend;
  /** Closes the engine and opens another on the same store, with the same options. */
  reopen(): Promise<Backend>;
  /** Closes the engine and removes the store. */
  dispose(): Promise<void>;
}

export type Open = (options: StoreOptions) => Promise<OpenStore>;

export const SECOND: Micros = 1_000_000;
export const HOUR: Micros = 3600 * SECOND;
export const DAY: Micros = 24 * HOUR;
/** All places, in the order of a search. */
export const EVERYWHERE: readonly Place[] = ['ready', 'scheduled', 'retries', 'working', 'dead'];
/** Noon, so that a test does not run past midnight by accident. */
const START: Micros = Date.UTC(2026, 5, 10, 12) * 1000;

/** The store of one test. `restart` replaces `backend` and so `engine`. */
export class Scene {
  now: Micros = START;
  backend!: Backend;
  #store: OpenStore | undefined;
  /** Sum of the steps of the wall clock. */
  #set: Micros = 0;
  readonly #open: Open;

  constructor(open: Open) {
    this.#open = open;
  }

  async begin(options: SceneOptions = {}): Promise<Engine> {
    this.#store = await this.#open({
      ...options,
      clock: () => this.now,
      steady: () => this.now - this.#set,
    });
    this.backend = this.#store.backend;
    return this.engine;
  }

  get engine(): Engine {
    return this.backend.engine;
  }

  get finder(): Finder {
    return need(this.backend.finder);
  }

  get history(): History {
    return need(this.backend.history);
  }

  get archive(): Archive {
    return need(this.backend.archive);
  }

  /** Sets the wall clock only. To let time pass on both clocks, change `now`. */
  async set(by: Micros): Promise<void> {
    this.now += by;
    this.#set += by;
    await this.engine.moveEnds(by);
  }

  async restart(): Promise<Engine> {
    if (!this.#store) throw new Error('restart before begin');
    this.backend = await this.#store.reopen();
    return this.engine;
  }

  async end(): Promise<void> {
    await this.#store?.dispose();
    this.#store = undefined;
  }

  /**
   * All matching jobs, in every place unless `ask` names some. Repeats `find`, because a bite also
   * ends when its time is over.
   */
  async found(ask: Partial<FindAsk> = {}, { limit = 100, lean = false } = {}): Promise<Found[]> {
    const found: Found[] = [];
    let cursor: string | undefined;
    do {
      const bite = await this.finder.find({ places: EVERYWHERE, ...ask }, { cursor, limit, lean });
      found.push(...bite.jobs);
      cursor = bite.next;
    } while (cursor !== undefined);
    return found;
  }

  /** Takes the next job of these queues; throws if there is none. */
  async take(...queues: string[]): Promise<Reservation> {
    const taken = await this.engine.fetch({ queues: queues.length > 0 ? queues : ['default'], wid: 'w1' });
    if (!taken) throw new Error(`no job in ${queues.join(' ') || 'default'}`);
    return taken;
  }

  /** Fetches all ready jobs and returns their jids; the jobs stay in the working set. */
  async drain(...queues: string[]): Promise<string[]> {
    const jids: string[] = [];
    for (;;) {
      const taken = await this.engine.fetch({ queues: queues.length > 0 ? queues : ['default'], wid: 'w1' });
      if (!taken) return jids;
      jids.push(taken.jid);
    }
  }

  /** Puts jobs into a timed set by push, fetch and settle. They are due `due` from now. */
  async fill(
    set: SetChange['set'],
    jids: readonly string[],
    due: Micros = HOUR,
    change: Change = {},
  ): Promise<void> {
    if (set === 'scheduled') {
      await this.engine.push(jids.map((jid) => entry(jid, { ...change, at: this.now + due })));
      return;
    }
    await this.engine.push(jids.map((jid) => entry(jid, { queue: 'filled', ...change })));
    for (const jid of jids) {
      const held = await this.take(change.queue ?? 'filled');
      expect(held.jid).toBe(jid);
      await this.engine.settle(held, { to: set, in: due, failure: failure(jid) });
    }
  }
}

function need<T>(capability: T | undefined): T {
  if (capability === undefined) throw new Error('this store does not have the capability; skip its tests');
  return capability;
}

/** Returns a function that begins a scene. Each scene ends after its test. */
export function scenes(open: Open): (options?: SceneOptions) => Promise<Scene> {
  const begun: Scene[] = [];
  afterEach(async () => {
    for (const scene of begun.splice(0)) await scene.end();
  });
  return async (options) => {
    const scene = new Scene(open);
    begun.push(scene);
    await scene.begin(options);
    return scene;
  };
}

export interface Change {
  readonly queue?: string;
  readonly priority?: number;
  readonly at?: Micros;
  readonly reserveFor?: number;
  readonly jobtype?: string;
  readonly args?: readonly unknown[];
  readonly failure?: string;
}

/** An entry as the rules room makes it: queue `default`, priority 5, 1,800 s, ready at once. */
export function entry(jid: string, change: Change = {}): Entry {
  const { queue = 'default', priority = 5, reserveFor = 1800, jobtype = 'T', args = [] } = change;
  const created_at = '2026-06-10T12:00:00Z';
  return {
    jid,
    queue,
    jobtype,
    priority,
    reserveFor,
    document: JSON.stringify({ retry: 25, jid, queue, jobtype, created_at, args }),
    failure: change.failure,
    at: change.at,
  };
}

/** Entries that differ in their jid only. */
export function entries(jids: readonly string[], change: Change = {}): Entry[] {
  return jids.map((jid) => entry(jid, change));
}

/** A failure as JSON text, with this message. */
export function failure(message: string): string {
  return JSON.stringify({ failed_at: '2026-06-10T12:00:00Z', message, retry_count: 0, remaining: 25 });
}

/** `count` jids of `prefix` and a number; they sort in this order. */
export function jids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(6, '0')}`);
}

const EMPTY: Sizes = { scheduled: 0, retries: 0, dead: 0, working: 0, processed: 0, failures: 0 };

/** Asserts all sizes; sizes that are not given must be 0. */
export async function expectSizes(engine: Engine, sizes: Partial<Sizes>): Promise<void> {
  expect(await engine.sizes()).toEqual({ ...EMPTY, ...sizes });
}

/** Asserts the listed queues and their numbers of ready jobs. */
export async function expectQueues(engine: Engine, queues: Record<string, number>): Promise<void> {
  const listed = (await engine.queues()).map(({ name, size }) => [name, size]);
  expect(Object.fromEntries(listed)).toEqual(queues);
}
