/**
 * A fake classic server: returns given jobs, one per FETCH, and answers OK to other lines. Like a
 * real server it lets a FETCH without a job wait, and answers it when the test adds a job.
 */

import type { Job } from '@faktory-ts/protocol';
import { FakeServer, type Peer } from '../../client/test/fake-server.ts';

export class JobsDesk {
  readonly server: FakeServer;
  readonly #jobs: Job[] = [];
  readonly #parked: Peer[] = [];
  /** Answers instead of OK, by the beginning of a line. */
  readonly answers = new Map<string, string | undefined>();

  private constructor(server: FakeServer) {
    this.server = server;
    server.script = (line, peer) => this.#answer(line, peer);
  }

  static async open(port = 0): Promise<JobsDesk> {
    return new JobsDesk(await FakeServer.start({ port }));
  }

  get url(): string {
    return this.server.url;
  }

  /** The payloads of all lines of this verb so far. */
  said(verb: string): Record<string, unknown>[] {
    const lines = this.server.lines.filter((line) => line.startsWith(`${verb} `));
    return lines.map((line) => JSON.parse(line.slice(verb.length + 1)));
  }

  give(job: Partial<Job>): void {
    this.#jobs.push({ jid: 'jid-00001', jobtype: 'Run', args: [], ...job });
    const peer = this.#parked.find((one) => one.socket.writable);
    if (peer === undefined) return;
    this.#parked.splice(this.#parked.indexOf(peer), 1);
    peer.owed--;
    peer.socket.write(this.#next() ?? '');
  }

  /**
   * Answers the waiting FETCHes of this connection with no job, as a server does after its wait or
   * at the end of the input.
   */
  release(peer: Peer): void {
    const parked = this.#parked.indexOf(peer);
    if (parked < 0) return;
    this.#parked.splice(parked, 1);
    peer.owed--;
    peer.socket.end('$-1\r\n');
  }

  #answer(line: string, peer: Peer): string | undefined {
    for (const [start, answer] of this.answers) if (line.startsWith(start)) return answer;
    if (!line.startsWith('FETCH ')) return '+OK\r\n';
    const reply = this.#next();
    if (reply === undefined) {
      this.#parked.push(peer);
      peer.socket.once('end', () => this.release(peer));
    }
    return reply;
  }

  #next(): string | undefined {
    const job = this.#jobs.shift();
    if (job === undefined) return undefined;
    const text = JSON.stringify(job);
    return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  }
}
