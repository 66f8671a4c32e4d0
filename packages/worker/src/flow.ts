/**
 * Decides how many jobs a worker fetches, and how far ahead of its slots. The worker never has more
 * than `concurrency + fetchAhead` jobs.
 *
 * Note: fetching ahead depends on how long jobs take: only as many are fetched as will run within
 * some milliseconds, so that long jobs do not wait in this worker.
 */

// ms of work that may wait in the worker: several round trips with a synced commit in each
const window = 20;
const memory = 0.05; // weight of the newest run in the average

export class Flow {
  readonly #concurrency: number;
  readonly #most: number;
  /** Moving average of the milliseconds that a job takes; infinite before the first job. */
  #average = Number.POSITIVE_INFINITY;
  /** The last FETCHB returned all jobs that it asked for, so there are probably more. */
  #plenty = false;

  constructor(concurrency: number, fetchAhead: number) {
    this.#concurrency = concurrency;
    this.#most = fetchAhead;
  }

  /** Records how many milliseconds a job took. */
  ran(ms: number): void {
    this.#average = Number.isFinite(this.#average) ? this.#average + (ms - this.#average) * memory : ms;
  }

  /** Records whether a FETCHB returned as many jobs as it asked for. */
  fetched(all: boolean): void {
    this.#plenty = all;
  }

  /** Jobs had to be returned, so they take longer than the average says: measure again. */
  tooFarAhead(): void {
    this.#average = Number.POSITIVE_INFINITY;
  }

  /** Number of jobs that may wait for a slot. */
  get ahead(): number {
    const many = (this.#concurrency * window) / Math.max(this.#average, 0.01);
    return Math.min(this.#most, Math.floor(many));
  }

  /**
   * How many jobs to fetch now; 0: none.
   *
   * @param inHand jobs that run, wait, or are being fetched
   * @param waiting jobs that wait for a slot
   * @param most limit of unanswered FETCHBs
   * @param asking unanswered FETCHBs
   */
  wanted(inHand: number, waiting: number, most: number, asking: number): number {
    const { ahead } = this;
    const room = this.#concurrency + ahead;
    // Half of the room at a time: while one batch runs, the next is on its way.
    const wanted = Math.min(room - inHand, ahead > 0 ? Math.ceil(room / 2) : room);
    if (asking === 0) return waiting === 0 || wanted >= room / 4 ? wanted : 0;
    return asking < most && this.#plenty && wanted >= room / 4 ? wanted : 0;
  }
}
