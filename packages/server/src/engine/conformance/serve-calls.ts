/**
 * The child process of kills.ts: an engine that carries out the calls of its standard input and
 * writes the answers. It imports no test library, so that it can be bundled.
 */
import { createInterface } from 'node:readline';
import type { Engine } from '../engine.ts';
import { type Call, onEngine } from './calls.ts';

/** A line of the input. */
export interface Asked {
  readonly id: number;
  /** The clock, in microseconds. */
  readonly now: number;
  readonly call: Call;
}

/** A line of the output. */
export interface Answered {
  readonly id: number;
  readonly answer: unknown;
}

/** Serves until the input ends. `open` gets the clock that the input sets. */
export async function serveCalls(open: (clock: () => number) => Promise<Engine>): Promise<void> {
  let now = 0;
  const engine = await open(() => now);
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line) as Asked;
    now = asked.now;
    const thrown = (error: unknown): string => String(error);
    void onEngine(engine, asked.call)
      .catch(thrown)
      .then((answer) => {
        process.stdout.write(`${JSON.stringify({ id: asked.id, answer } satisfies Answered)}\n`);
      });
  }
  process.exit(1);
}
