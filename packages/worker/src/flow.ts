/*
 * How many jobs a worker asks for, and how far ahead of its slots.
 * It must never ask for more than `concurrency + fetchAhead` in hand. A stranger would get wrong that fetching ahead depends on how
 * long jobs take: only as many as will run within some milliseconds, so that long jobs are never kept waiting here.
 */

const window = 20; // ms of work that may wait in the worker: several round trips with a synced commit in each
const memory = 0.05; // weight of the newest run in the average

export class Flow {
  readonly #concurrency: number;
  readonly #most: number;
  /** Milliseconds a job takes, a moving average; none ran yet: forever. */
  #average = Number.POSITIVE_INFINITY;
  /** The last FETCHB brought all it asked for: there is more. */
  #plenty = false;

  constructor(concurrency: number, fetchAhead: number) {
    this.#concurrency = concurrency;
    this.#most = fetchAhead;
  }

  /** A job took so many milliseconds. */
  ran(ms: number): void {
    this.#average = Number.isFinite(this.#average) ? this.#average + (ms - this.#average) * memory : ms;
  }

  /** What a FETCHB brought. */
  fetched(all: boolean): void {
    this.#plenty = all;
  }

  /** Jobs had to be given back: they take longer than it seemed. The next that ends says how long. */
  tooFarAhead(): void {
    this.#average = Number.POSITIVE_INFINITY;
  }

  /** How many jobs may wait for a slot. */
  get ahead(): number {
    const many = (this.#concurrency * window) / Math.max(this.#average, 0.01);
    return Math.min(this.#most, Math.floor(many));
  }

  /**
   * How many jobs to ask for now; 0: none.
   *
   * @param inHand jobs that run, wait, or are asked for
   * @param waiting jobs that wait for a slot
   * @param most FETCHBs in the air at once
   * @param asking FETCHBs in the air
   */
  wanted(inHand: number, waiting: number, most: number, asking: number): number {
    const { ahead } = this;
    const room = this.#concurrency + ahead;
    // Half of it at a time: while one batch runs here, the next is on its way.
    const wanted = Math.min(room - inHand, ahead > 0 ? Math.ceil(room / 2) : room);
    if (asking === 0) return waiting === 0 || wanted >= room / 4 ? wanted : 0;
    return asking < most && this.#plenty && wanted >= room / 4 ? wanted : 0;
  }
}
