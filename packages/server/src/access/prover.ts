/**
 * Finds which secret made a client's proof. A proof costs thousands of rounds of hashing, so it is computed in threads of its own, and
 * the main thread goes on.
 *
 * Addresses that did not fail lately come first, and then each network has its turn: many wrong proofs hold up no right one from elsewhere.
 * Note: the thread's code is a text, because there is then no file to find when the program is bundled or runs from source.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker as Thread } from 'node:worker_threads';
import { type Challenge, passwordProof } from '@faktory-ts/protocol';

/** A search for the secret of a proof. */
export interface Search {
  readonly proof: string;
  readonly challenge: Challenge;
  /** In the order in which they are tried. */
  readonly secrets: readonly string[];
  readonly network: string;
  /** The network failed lately: it comes behind those that did not. */
  readonly suspect: boolean;
  /** Whether the client has left. */
  readonly gone: () => boolean;
}

interface Running extends Search {
  /** The secret to be tried next. */
  at: number;
  readonly resolve: (index: number | undefined) => void;
}

interface Trial {
  readonly secret: string;
  readonly proof: string;
  readonly challenge: Challenge;
}

const MOST_THREADS = 4;
const MOST_NETWORKS = 10_000;
const CODE = `
const { hash, timingSafeEqual } = require('node:crypto');
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ secret, proof, challenge }) => {
  let digest = hash('sha256', Buffer.from(secret + challenge.salt), 'buffer');
  for (let round = 1; round < challenge.rounds; round++) digest = hash('sha256', digest, 'buffer');
  parentPort.postMessage(timingSafeEqual(Buffer.from(proof), Buffer.from(digest.toString('hex'))));
});`;

export class Prover {
  readonly #size = Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));
  readonly #idle: Thread[] = [];
  readonly #threads = new Set<Thread>();
  readonly #waiting = new Set<Running>();
  /** When each network had its last turn, while anything waits. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  /** No thread can be started here. */
  #alone = false;

  /** The place of the secret in the list; undefined: none of them, or the client has left. */
  find(search: Search): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#waiting.add({ ...search, at: 0, resolve });
      this.#next();
    });
  }

  /** Ends the threads; searches that wait find nothing. */
  async close(): Promise<void> {
    for (const { resolve } of this.#waiting) resolve(undefined);
    this.#waiting.clear();
    const threads = [...this.#threads];
    this.#threads.clear();
    this.#idle.length = 0;
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #next(): void {
    for (;;) {
      const thread = this.#alone ? undefined : this.#thread();
      if (!thread && !this.#alone) return;
      const search = this.#choose();
      if (!search) {
        if (thread) this.#idle.push(thread);
        return;
      }
      const { proof, challenge } = search;
      const trial = { secret: search.secrets[search.at] ?? '', proof, challenge };
      if (thread) ask(thread, trial, (said) => this.#tried(search, said ?? isRight(trial), thread));
      else {
        this.#tried(search, isRight(trial));
        setImmediate(() => this.#next());
        return;
      }
    }
  }

  #tried(search: Running, right: boolean, thread?: Thread): void {
    if (right) search.resolve(search.at);
    else {
      search.at += 1;
      this.#waiting.add(search);
    }
    if (!thread) return;
    if (this.#threads.has(thread)) this.#idle.push(thread);
    this.#next();
  }

  /** Takes the search whose turn it is. */
  #choose(): Running | undefined {
    let chosen: Running | undefined;
    for (const search of this.#waiting) {
      if (search.gone() || search.at >= search.secrets.length) {
        this.#waiting.delete(search);
        search.resolve(undefined);
      } else if (!chosen || this.#rank(search) < this.#rank(chosen)) chosen = search;
    }
    if (chosen) {
      this.#waiting.delete(chosen);
      if (this.#turns.size >= MOST_NETWORKS) this.#turns.clear();
      this.#turns.set(chosen.network, ++this.#turn);
    } else this.#turns.clear();
    return chosen;
  }

  #rank({ suspect, network }: Running): number {
    return (this.#turns.get(network) ?? 0) + (suspect ? Number.MAX_SAFE_INTEGER / 2 : 0);
  }

  /** A thread with nothing to do; undefined: all have. */
  #thread(): Thread | undefined {
    let idle = this.#idle.pop();
    while (idle && !this.#threads.has(idle)) idle = this.#idle.pop();
    if (idle || this.#threads.size >= this.#size || this.#waiting.size === 0) return idle;
    try {
      const thread = new Thread(CODE, { eval: true, name: 'proofs', execArgv: [] });
      const ended = (): void => void this.#threads.delete(thread);
      thread.on('error', ended).on('exit', ended).unref();
      this.#threads.add(thread);
      return thread;
    } catch {
      this.#alone = true; // no memory for one: proofs cost this thread its time
      return undefined;
    }
  }
}

/** `tell` gets undefined when the thread has ended. */
function ask(thread: Thread, trial: Trial, tell: (right: boolean | undefined) => void): void {
  const done = (right: boolean | undefined): void => {
    thread.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
    tell(right);
  };
  const onMessage = (right: boolean): void => done(right);
  const onEnd = (): void => done(undefined);
  thread.once('message', onMessage).once('error', onEnd).once('exit', onEnd);
  thread.postMessage(trial);
}

function isRight({ secret, proof, challenge }: Trial): boolean {
  const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');
  return timingSafeEqual(Buffer.from(proof), Buffer.from(passwordProof(secret, challenge, sha256)));
}
