/**
 * The heart's own thread: it beats while a handler blocks the event loop of the worker. It runs no
 * user code.
 *
 * Note: when the worker's loop was blocked for `longestBlock`, the beats stop, so that the server
 * gives the worker's jobs to others.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { Connection, type ConnectionOptions } from '@faktory-ts/client';
import type { WorkerState as BeatState, FaktoryError } from '@faktory-ts/protocol';
import { Heart } from './heart.ts';
import type { FromHeart, HeartData, ToHeart } from './heart-remote.ts';
import { PulseReader } from './pulse.ts';

const { connection: options, wid, slots, interval, longestBlock, pulse } = workerData as HeartData;
const reader = new PulseReader(pulse);
let state: BeatState = 'running';
let givenUp = false;

function tell(message: FromHeart): void {
  parentPort?.postMessage(message);
}

function told({ code, message }: FaktoryError): { code: string; message: string } {
  return { code, message };
}

const connection = new Connection({
  ...(options as ConnectionOptions),
  onUp: () => tell({ say: 'up' }),
  onDown: (error) => tell({ say: 'down', ...told(error) }),
});
const heart = new Heart({
  connection,
  wid,
  slots,
  interval,
  state: () => state,
  lag: () => reader.takeLag(),
  alive: () => {
    const alive = reader.still < longestBlock;
    if (!alive && !givenUp)
      tell({ say: 'trouble', message: 'the event loop is blocked for too long: no more beats' });
    givenUp = !alive;
    return alive;
  },
  events: {
    signal: (signal) => tell({ say: 'signal', signal }),
    beaten: () => tell({ say: 'beaten' }),
    trouble: (message) => tell({ say: 'trouble', message }),
  },
});

const actions: Record<ToHeart['do'], (message: ToHeart) => Promise<void> | void> = {
  start: () =>
    heart.start().then(
      () => tell({ say: 'started' }),
      (error: FaktoryError) => tell({ say: 'failed', ...told(error) }),
    ),
  beat: () => heart.beat(),
  pace: (message) => heart.pace(message.interval ?? interval),
  stop: () => heart.stop().then(() => tell({ say: 'stopped' })),
  drop: () => heart.drop(),
};

parentPort?.on('message', (message: ToHeart) => {
  state = message.state;
  void actions[message.do](message);
});
