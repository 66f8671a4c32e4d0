/**
 * What every conformance test stands on: an engine on a fresh store, a clock that only the test moves, and short ways
 * to make entries and to read what is left. Written against `Engine` alone; nothing here knows an engine by name.
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

/** The settings a conformance test may ask for; absent ones are the engine's defaults. */
interface StoreOptions {
  readonly clock: () => Micros;
  /** Goes forward only; nobody sets it. */
  readonly steady: () => Micros;
  readonly deadLimit?: number;
  readonly maxQueueLength?: number;
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
/** All places, in the order in which they are looked at. */
export const EVERYWHERE: readonly Place[] = ['ready', 'scheduled', 'retries', 'working', 'dead'];
/** Noon of a plain day, so that no test runs into midnight unless it means to. */
const START: Micros = Date.UTC(2026, 5, 10, 12) * 1000;

/** One test's store. `engine` is the one open now: `restart` replaces it. */
export class Scene {
  now: Micros = START;
  backend!: Backend;
  #store: OpenStore | undefined;
  /** By how much the wall clock was set in all. */
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
    return there(this.backend.finder);
  }

  get history(): History {
    return there(this.backend.history);
  }

  get archive(): Archive {
    return there(this.backend.archive);
  }

  /** Sets the wall clock, which changes no length of time. `now` moves both clocks. */
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

  /** All that is found, in every place unless asked otherwise. One bite may hold less: it ends when its time is over, too. */
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

  /** Takes the next job of these queues, which must be there. */
  async take(...queues: string[]): Promise<Reservation> {
    const taken = await this.engine.fetch({ queues: queues.length > 0 ? queues : ['default'], wid: 'w1' });
    if (!taken) throw new Error(`no job in ${queues.join(' ') || 'default'}`);
    return taken;
  }

  /** The jids that fetches give until there are no more; the jobs stay in the working set. */
  async drain(...queues: string[]): Promise<string[]> {
    const jids: string[] = [];
    for (;;) {
      const taken = await this.engine.fetch({ queues: queues.length > 0 ? queues : ['default'], wid: 'w1' });
      if (!taken) return jids;
      jids.push(taken.jid);
    }
  }

  /** Puts jobs into a timed set by the ordinary ways in. Due `due` from now; jobtypes and queues by `change`. */
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

function there<T>(capability: T | undefined): T {
  if (capability === undefined)
    throw new Error('this store does not have the capability: leave its tests out');
  return capability;
}

/** A scene for each test of the calling group, ended after it. */
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

/** An entry as the rules room would make it: default queue, priority 5, 1800 s, ready at once. */
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

/** Entries of one shape. */
export function entries(jids: readonly string[], change: Change = {}): Entry[] {
  return jids.map((jid) => entry(jid, change));
}

/** A failure text that names what failed. */
export function failure(message: string): string {
  return JSON.stringify({ failed_at: '2026-06-10T12:00:00Z', message, retry_count: 0, remaining: 25 });
}

/** `prefix` and a number, `count` times: jids that sort as they were made. */
export function jids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(6, '0')}`);
}

const EMPTY: Sizes = { scheduled: 0, retries: 0, dead: 0, working: 0, processed: 0, failures: 0 };

/** Asserts all sizes at once; what is not named is 0. */
export async function expectSizes(engine: Engine, sizes: Partial<Sizes>): Promise<void> {
  expect(await engine.sizes()).toEqual({ ...EMPTY, ...sizes });
}

/** Asserts the listed queues and their ready jobs. */
export async function expectQueues(engine: Engine, queues: Record<string, number>): Promise<void> {
  const listed = (await engine.queues()).map(({ name, size }) => [name, size]);
  expect(Object.fromEntries(listed)).toEqual(queues);
}
