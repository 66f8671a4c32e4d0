/**
 * Returns the listed queues with the figures that the page of queues shows.
 *
 * Names and sizes come from the engine and are current. The rest comes from the reader's thread, so
 * that no operation waits for it.
 * Note: with thousands of queues the reader's part is up to a second old, because pages ask every
 * second and would keep the thread busy. 10,000 queues take it 0.2 s.
 */
import type { QueueFigures } from '../../engine.ts';
import { listed } from '../operations/queues.ts';
import type { Queue } from '../state/counts.ts';
import type { Store } from '../state/store.ts';
import type { Levels } from './levels.ts';
import type { Reader } from './reader.ts';

const MANY = 500; // queues, or hundreds of counted jobs; more work than this is cached
const CACHED = 1000; // ms that a result is cached

export class QueueReader {
  readonly #store: Store;
  readonly #reader: Reader;
  /** The cached figures by the queue's row id. */
  #known = new Map<number, Levels>();
  #until = 0; // when the cache ends, by performance.now()
  /**
   * The last read. Reads run one after another, so that simultaneous callers share the cached
   * result.
   */
  #last: Promise<void> = Promise.resolve();

  constructor(store: Store, reader: Reader) {
    this.#store = store;
    this.#reader = reader;
  }

  /** Returns all listed queues, sorted by name. */
  async read(): Promise<QueueFigures[]> {
    const queues = await this.#store.turn.run(() => listed(this.#store, '*'));
    const ask = (): Promise<void> => this.#ask(queues);
    this.#last = this.#last.then(ask, ask);
    await this.#last;
    return queues.map((queue) => this.#figures(queue)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #ask(queues: readonly Queue[]): Promise<void> {
    const known = performance.now() < this.#until ? this.#known : new Map<number, Levels>();
    const wanted = queues.filter((queue) => this.#store.counts.readyIn(queue) > 0).map(({ id }) => id);
    const missing = wanted.filter((id) => !known.has(id));
    let work = missing.length;
    while (missing.length > 0) {
      const found = await this.#reader.ask('levels', missing);
      missing.splice(0, found.length);
      for (const levels of found) {
        known.set(levels.queue, levels);
        work += sum(levels.counted) / 100;
      }
    }
    if (this.#known !== known) this.#until = work > MANY ? performance.now() + CACHED : 0;
    this.#known = known;
  }

  #figures(queue: Queue): QueueFigures {
    const { name, paused, id } = queue;
    const size = this.#store.counts.readyIn(queue);
    const { counted = [0, 0, 0, 0, 0, 0, 0, 0, 0], rest = 5, oldest } = this.#known.get(id) ?? {};
    const priorities = [...counted];
    priorities[rest - 1] = Math.max(size - sum(counted), 0);
    return { name, size, paused, priorities, oldest: size > 0 ? oldest : undefined };
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
