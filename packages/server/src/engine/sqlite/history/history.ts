/**
 * Records what happened: by the minute for a day and by the hour for 180 days.
 *
 * Once a minute it adds what the meter and the faults counted since to the current minute and hour,
 * in one commit. A crash loses at most a minute. A minute without events writes nothing, and no job
 * waits for it: it only reads counters that exist anyway.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Histogram, Kind, Meter } from '../../engine.ts';
import { expireFaults, type FaultStore, Faults } from './faults.ts';
import { type Events, Tally } from './tally.ts';

/** The steps of history, in microseconds, and how long they are kept. */
export const steps = {
  minute: { length: 60_000_000, kept: 86_400_000_000 },
  hour: { length: 3_600_000_000, kept: 180 * 86_400_000_000 },
} as const;

/** The name of a step. */
export type StepName = keyof typeof steps;

/** The number of a step in the file: its length in seconds. */
export const stepCode = (step: StepName): number => steps[step].length / 1_000_000;

/** Returns the start of the step that this time is in. */
export const stepOf = (step: StepName, at: Micros): Micros => at - (at % steps[step].length);

type Numbers = Map<object, readonly number[]>;
/** The largest value of each histogram since the last write. */
type Peaks = Map<Histogram, number>;

export class History {
  readonly #store: FaultStore;
  readonly #meter: Meter;
  /** The meter's counts at the last write. */
  #written: Numbers;
  /** Start of the minute that the unwritten counts belong to. */
  #minute: Micros;
  #last: Promise<void> = Promise.resolve();
  /** Failures not written yet. */
  faults = new Faults();
  /** Rises with every write. A reader whose bites saw different versions must read again. */
  version = 0;

  constructor(store: FaultStore, meter: Meter) {
    this.#store = store;
    this.#meter = meter;
    this.#written = numbersOf(meter);
    this.#minute = stepOf('minute', store.clock());
  }

  /** Start of the minute that the unwritten counts belong to. */
  get minute(): Micros {
    return this.#minute;
  }

  /** Returns what happened since the last write. */
  since(): Tally {
    return difference(this.#meter, this.#written);
  }

  /** Writes what happened since the last write. Later events belong to the present minute. */
  record(): Promise<void> {
    const write = (): Promise<void> => this.#write();
    this.#last = this.#last.then(write, write);
    return this.#last;
  }

  async #write(): Promise<void> {
    let numbers: Numbers = this.#written;
    let peaks: Peaks = new Map();
    const faults = this.faults;
    try {
      await this.#store.turn.run(() => {
        const tally = this.since();
        // Throws when the store is locked, so nothing may change before this line.
        if (!tally.empty || !faults.empty) this.#store.turn.begin();
        numbers = numbersOf(this.#meter);
        peaks = takePeaks(this.#meter);
        this.faults = new Faults();
        if (tally.empty && faults.empty) return;
        for (const step of ['minute', 'hour'] as const) this.#add(step, tally);
        faults.write(this.#store, stepOf('hour', this.#minute));
      });
    } catch (error) {
      for (const [histogram, peak] of peaks) histogram.peak = Math.max(histogram.peak, peak);
      if (this.faults !== faults) faults.merge(this.faults);
      this.faults = faults;
      throw error;
    }
    this.#written = numbers;
    this.#minute = stepOf('minute', this.#store.clock());
    this.version += 1;
  }

  #add(step: StepName, tally: Tally): void {
    const [code, at] = [stepCode(step), stepOf(step, this.#minute)];
    const known = this.#store.sql('SELECT text FROM history WHERE step = ? AND at = ?').get(code, at);
    const sum = known ? Tally.of((known as { text: string }).text) : new Tally();
    sum.merge(tally);
    const put = 'INSERT OR REPLACE INTO history (step, at, text) VALUES (?, ?, ?)';
    this.#store.write(put, code, at, sum.text());
  }

  /** Drops the unwritten counts, because everything was flushed. */
  clear(): void {
    this.#written = numbersOf(this.#meter);
    takePeaks(this.#meter);
    this.faults = new Faults();
    this.version += 1;
  }

  /** Deletes up to `limit` expired rows. Returns how many. */
  expire(limit: number): number {
    for (const step of ['minute', 'hour'] as const) {
      const over = [stepCode(step), this.#store.clock() - steps[step].kept] as const;
      const old = 'FROM history WHERE step = ? AND at < ?';
      if (!this.#store.sql(`SELECT 1 ${old} LIMIT 1`).get(...over)) continue;
      this.#store.turn.begin();
      const expire = `DELETE FROM history WHERE rowid IN (SELECT rowid ${old} LIMIT ?)`;
      return Number(this.#store.sql(expire).run(...over, limit).changes);
    }
    return expireFaults(this.#store);
  }
}

const eventsOf = ({ pushed, done, failed, discarded, dead }: Kind): Events => [
  pushed,
  done,
  failed + discarded,
  dead,
];

function numbersOf(meter: Meter): Numbers {
  const numbers: Numbers = new Map();
  for (const kind of meter.kinds()) {
    numbers.set(kind, eventsOf(kind));
    for (const histogram of [kind.wait, kind.run]) numbers.set(histogram, [...histogram.counts]);
  }
  return numbers;
}

/** Returns the peaks and resets them for the next write. */
function takePeaks(meter: Meter): Peaks {
  const peaks: Peaks = new Map();
  for (const { wait, run } of meter.kinds())
    for (const histogram of [wait, run]) {
      if (histogram.peak > 0) peaks.set(histogram, histogram.peak);
      histogram.peak = 0;
    }
  return peaks;
}

function difference(meter: Meter, before: Numbers): Tally {
  const tally = new Tally();
  const since = (of: object, counts: readonly number[]): number[] => {
    const known = before.get(of);
    return counts.map((count, index) => count - (known?.[index] ?? 0));
  };
  for (const kind of meter.kinds()) {
    const events = since(kind, eventsOf(kind)) as Events;
    const wait = since(kind.wait, kind.wait.counts);
    const run = since(kind.run, kind.run.counts);
    if ([events, wait, run].some((counts) => counts.some((count) => count > 0)))
      tally.add(kind.queue, kind.jobtype, {
        events,
        wait,
        run,
        waitMax: kind.wait.peak,
        runMax: kind.run.peak,
      });
  }
  return tally;
}
