/**
 * Runs the conformance tests of kills on the SQLite store.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll } from 'vitest';
import type { Call } from '../src/engine/conformance/calls.ts';
import { exerciseGateKills } from '../src/engine/conformance/gates-kills.ts';
import { exerciseKills, type KilledChild, type KilledStore } from '../src/engine/conformance/kills.ts';
import type { Answered, Asked } from '../src/engine/conformance/serve-calls.ts';
import type { Backend } from '../src/engine/engine.ts';
import { sqliteBackend } from '../src/engine/sqlite/backend.ts';
import { bundled } from './bundled.ts';

let program = '';

beforeAll(async () => {
  program = await bundled('kill-program.ts');
}, 60_000);

afterAll(() => rmSync(program, { force: true }));

exerciseKills('SQLite', () => new Store());
exerciseGateKills('SQLite', () => new Store());

class Store implements KilledStore {
  readonly #dir = mkdtempSync(join(tmpdir(), 'faktory-kills-'));

  async start(): Promise<KilledChild> {
    const child = new Child(
      spawn(process.execPath, [program, this.#dir], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    await child.ready;
    return child;
  }

  async open(clock: () => number): Promise<Backend> {
    const dir = this.#dir;
    const backend = sqliteBackend({ dir, sync: 'off', deadLimit: 0, clock, steady: clock });
    await backend.engine.open();
    return backend;
  }

  dispose(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

class Child implements KilledChild {
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #waiting = new Map<number, (answer: unknown) => void>();

  constructor(process: ChildProcess) {
    this.#process = process;
    this.#exited = once(process, 'exit');
    if (!process.stdout) throw new Error('the child has no standard output');
    const lines = createInterface({ input: process.stdout });
    this.ready = new Promise((resolve, reject) => {
      void this.#exited.then(() => reject(new Error('the child ended before it was ready')));
      lines.on('line', (line) => {
        if (line === 'ready') resolve();
        else this.#answered(JSON.parse(line) as Answered);
      });
    });
  }

  ask(now: number, call: Call): Promise<unknown> {
    const id = this.#waiting.size;
    this.#process.stdin?.write(`${JSON.stringify({ id, now, call } satisfies Asked)}\n`);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  #answered({ id, answer }: Answered): void {
    this.#waiting.get(id)?.(answer);
  }
}
