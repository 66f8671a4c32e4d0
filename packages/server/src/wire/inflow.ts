/**
 * Decides when a connection reads its socket, so that the bytes taken in one round of the event loop are bounded over all connections.
 *
 * A connection that may start no command reads no more than {@link MOST_UNREAD} beyond the command that runs. One with a longer
 * unfinished line reads in turn with the others: a poll of the system would take megabytes of each before anything else runs.
 */
import type { Socket } from 'node:net';
import { longLines } from '../rounds.ts';

const MOST_UNREAD = 256 * 1024; // bytes

type Flow = Pick<Socket, 'pause' | 'resume' | 'isPaused'>;

export class Inflow {
  readonly #socket: Flow;
  /** It waits for its turn to read. */
  #waits = false;
  /** It may read when its turn comes. */
  #wants = false;

  constructor(socket: Flow) {
    this.#socket = socket;
  }

  /** So many bytes are received and not read; `starts`: the connection may go on with them. */
  adjust(pending: number, starts: boolean): void {
    this.#wants = starts;
    if (pending <= MOST_UNREAD) {
      if (this.#socket.isPaused()) this.#socket.resume();
      return;
    }
    this.#socket.pause();
    if (!starts || this.#waits) return;
    this.#waits = true;
    longLines.wait(this.#turn);
  }

  readonly #turn = (): void => {
    this.#waits = false;
    if (this.#wants) this.#socket.resume();
  };
}
