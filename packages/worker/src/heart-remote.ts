/**
 * The worker's side of the heart's thread: its messages in both directions. When no thread can be
 * made (a bundled program, options that cannot be copied), the heart beats in the worker's own
 * thread, and that is logged.
 *
 * Note: the thread's file is always the built one, even when the rest runs from source.
 */

import { Worker as Thread } from 'node:worker_threads';
import { Connection, type ConnectionOptions, type WorkerSignal } from '@faktory-ts/client';
import { type WorkerState as BeatState, type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import { Heart, type HeartEvents } from './heart.ts';
import type { Logger } from './log.ts';
import { type PulseMemory, PulseReader } from './pulse.ts';
import { advice, threadFile } from './thread-files.ts';

/** The data with which the thread starts. */
export interface HeartData {
  connection: Pick<ConnectionOptions, 'addresses' | 'hello' | 'tls'>;
  wid: string;
  /** Jobs that the worker runs at once. */
  slots: number;
  /** Milliseconds between beats. */
  interval: number;
  /** Milliseconds that the worker's event loop may be blocked before its heart stops too. */
  longestBlock: number;
  pulse: PulseMemory;
}

/** From the worker to the thread; each message brings the state to report. */
export interface ToHeart {
  do: 'start' | 'beat' | 'pace' | 'stop' | 'drop';
  state: BeatState;
  /** For `pace`, milliseconds. */
  interval?: number;
}

/** From the thread to the worker. */
export type FromHeart =
  | { say: 'up' | 'started' | 'stopped' | 'beaten' }
  | { say: 'down' | 'failed'; code: string; message: string }
  | { say: 'signal'; signal: WorkerSignal }
  | { say: 'trouble'; message: string };

/** Events that the heart reports to its worker. */
export interface RemoteEvents extends HeartEvents {
  up(): void;
  down(error: FaktoryError): void;
}

/** A heart, in a thread or in the worker's own. */
export interface AnyHeart {
  start(): Promise<void>;
  beat(): void;
  pace(interval: number): void;
  stop(): Promise<void>;
  drop(): void;
}

/** Makes a heart in its own thread, or in this one when no thread can be made. */
export function makeHeart(
  data: HeartData,
  state: () => BeatState,
  events: RemoteEvents,
  log: Logger,
  threadFiles?: string | URL,
): AnyHeart {
  const file = threadFile('heart-thread', threadFiles);
  const spare = (why: string): AnyHeart => {
    log.warn(`the heart beats without a thread of its own: ${why}`);
    return localHeart(data, state, events);
  };
  if (file === undefined) return spare(`its file is not here; ${advice}`);
  try {
    const thread = new Thread(file, { workerData: data, name: 'heart', execArgv: [] });
    return new RemoteHeart(thread, { state, events, spare });
  } catch (error) {
    return spare((error as Error).message);
  }
}

function localHeart(data: HeartData, state: () => BeatState, events: RemoteEvents): AnyHeart {
  const pulse = new PulseReader(data.pulse);
  const connection = new Connection({
    ...data.connection,
    onUp: () => events.up(),
    onDown: (error) => events.down(error),
  });
  const { wid, slots, interval } = data;
  return new Heart({
    connection,
    wid,
    slots,
    interval,
    state,
    lag: () => pulse.takeLag(),
    alive: () => true,
    events,
  });
}

interface RemoteOptions {
  state: () => BeatState;
  events: RemoteEvents;
  /** Makes the heart to continue with when the thread has died; `why` is the reason. */
  spare: (why: string) => AnyHeart;
}

class RemoteHeart implements AnyHeart {
  readonly #thread: Thread;
  readonly #options: RemoteOptions;
  readonly #ended: Promise<void>;
  #started: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #spare: AnyHeart | undefined;
  #stopping = false;
  #death = 'it ended by itself';

  constructor(thread: Thread, options: RemoteOptions) {
    this.#thread = thread;
    this.#options = options;
    thread.on('message', (message: FromHeart) => this.#take(message));
    thread.on('error', (error) => {
      this.#death = error.message;
    });
    this.#ended = new Promise((resolve) => {
      thread.once('exit', () => {
        this.#died();
        resolve();
      });
    });
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#tell('start');
    });
  }

  beat(): void {
    if (this.#spare) this.#spare.beat();
    else this.#tell('beat');
  }

  pace(interval: number): void {
    if (this.#spare) this.#spare.pace(interval);
    else this.#tell('pace', interval);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#spare) return this.#spare.stop();
    this.#tell('stop');
    await this.#ended;
  }

  drop(): void {
    this.#stopping = true;
    this.#spare?.drop();
    void this.#thread.terminate();
  }

  #tell(what: ToHeart['do'], interval?: number): void {
    const message: ToHeart = { do: what, state: this.#options.state(), ...(interval && { interval }) };
    this.#thread.postMessage(message);
  }

  /** The thread has ended. Unless the worker asked for it, a spare heart continues. */
  #died(): void {
    const started = this.#started;
    if (this.#stopping) {
      started?.reject(new FaktoryError('ABORTED', 'the worker was stopped'));
      return;
    }
    this.#spare = this.#options.spare(this.#death);
    this.#spare.start().then(
      () => started?.resolve(),
      (error: Error) => started?.reject(error),
    );
  }

  #take(message: FromHeart): void {
    const { events } = this.#options;
    switch (message.say) {
      case 'up':
        events.up();
        return;
      case 'down':
        events.down(new FaktoryError(message.code as ErrorCode, message.message));
        return;
      case 'started':
        this.#started?.resolve();
        return;
      case 'failed':
        this.#started?.reject(new FaktoryError(message.code as ErrorCode, message.message));
        return;
      case 'beaten':
        events.beaten();
        return;
      case 'signal':
        events.signal(message.signal);
        return;
      case 'trouble':
        events.trouble(message.message);
        return;
      case 'stopped':
        void this.#thread.terminate();
    }
  }
}
