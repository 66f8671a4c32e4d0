/**
 * Watches for moments in which the event loop stood still, and logs each over a second with the commands and pages that were asked
 * for in it: then an operator knows which request made every client wait.
 *
 * Note: `asked` runs for every command, so it only counts; the rest is done by a timer that comes late when the loop stood still.
 */
import type { Logger } from './log.ts';

/** Counts what is asked of the server. */
export interface Asked {
  /** A command or a request began: the verb or route (never a client's own text), its length, and whose it is. */
  asked(what: string, length: number, who: string): void;
  /** It is answered. Only for those that may take many turns. */
  answered(what: string): void;
}

interface Load {
  /** The look in which the next two were counted. */
  look: number;
  started: number;
  largest: number;
  /** Who asked for the largest one. */
  who: string;
  /** Begun and not answered yet. */
  running: number;
}

const LOOK_EVERY = 100; // ms
const LONG = 1000; // ms
const MOST_NAMED = 5;

export class Stalls implements Asked {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #processorTime: () => number;
  readonly #loads = new Map<string, Load>();
  #look = 1;
  #lookedAt = 0;
  #usedThen = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `now` gives monotonic milliseconds, `processorTime` those that this process used. */
  constructor(log: Logger, now = () => performance.now(), processorTime = usedByProcess) {
    this.#log = log;
    this.#now = now;
    this.#processorTime = processorTime;
  }

  start(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  asked(what: string, length: number, who: string): void {
    const load = this.#loadOf(what);
    load.started += 1;
    load.running += 1;
    if (length < load.largest) return;
    load.largest = length;
    load.who = who;
  }

  answered(what: string): void {
    const load = this.#loads.get(what);
    if (load) load.running -= 1;
  }

  #loadOf(what: string): Load {
    let load = this.#loads.get(what);
    if (load === undefined) {
      load = { look: this.#look, started: 0, largest: 0, who: '', running: 0 };
      this.#loads.set(what, load);
    }
    if (load.look !== this.#look) {
      load.look = this.#look;
      load.started = 0;
      load.largest = 0;
    }
    return load;
  }

  /** Called by the timer: how late it comes is how long the loop stood still. */
  look(): void {
    const now = this.#now();
    const used = this.#processorTime();
    const stood = now - this.#lookedAt - LOOK_EVERY;
    if (this.#lookedAt > 0 && stood > LONG) this.#tell(stood, used - this.#usedThen);
    this.#lookedAt = now;
    this.#usedThen = used;
    this.#look += 1;
  }

  #tell(stood: number, used: number): void {
    const idle =
      used < stood / 2 ? '; the process got little processor time: the machine or the disk was busy' : '';
    const text = `every client waited ${Math.round(stood)} ms: the event loop stood still; ${this.#names()}${idle}`;
    this.#log.warn(text, { ms: Math.round(stood), processor_ms: Math.round(used) });
  }

  #names(): string {
    const fresh = [...this.#loads].filter(([, { look }]) => look === this.#look);
    const older = [...this.#loads].filter(([, { look, running }]) => look !== this.#look && running > 0);
    if (fresh.length + older.length === 0) return 'no command was running';
    fresh.sort(([, a], [, b]) => b.largest - a.largest);
    const started = fresh.slice(0, MOST_NAMED).map(([what, { started: count, largest, who }]) => {
      return `${what} ×${count} (the largest ${largest} characters, from ${who})`;
    });
    const running = older.slice(0, MOST_NAMED).map(([what]) => `${what} (still running)`);
    return `asked for then: ${[...started, ...running].join(', ')}`;
  }
}

function usedByProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
