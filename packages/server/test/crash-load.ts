/**
 * What the crash test's clients do, and the book they keep of it. The book knows three kinds of truth: what the server
 * has answered (+OK is a promise), what it was asked and never answered (may be so or not), and what must not be.
 */
import { formatTime, nowMicros } from '@faktory-ts/protocol';
import { jidOf, type WireClient } from './wire-client.ts';

export const queues = ['urgent', 'default', 'slow'];

/** Numbers in [0, 1) from a seed: the same seed, the same choices. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class Book {
  /** Sent by PUSH and never answered. */
  readonly offered = new Set<string>();
  /** Answered +OK, not yet acknowledged. */
  readonly accepted = new Set<string>();
  /** Its ACK was answered +OK. */
  readonly acked = new Set<string>();
  /** Its ACK was never answered. */
  readonly ending = new Set<string>();
  /** Handed out, and neither ACK nor FAIL was sent. */
  readonly held = new Set<string>();
  readonly wrong: string[] = [];
  handedOut = 0;
  failed = 0;
  #jids = 0;

  newJid(): string {
    this.#jids += 1;
    const jid = `crash-${String(this.#jids).padStart(7, '0')}`;
    this.offered.add(jid);
    return jid;
  }

  accept(jid: string): void {
    if (this.offered.delete(jid)) this.accepted.add(jid);
  }

  handOut(jid: string): void {
    this.handedOut += 1;
    if (this.acked.has(jid)) this.wrong.push(`${jid} was handed out after its ACK was answered +OK`);
    if (this.held.has(jid)) this.wrong.push(`${jid} was handed out twice`);
    if (this.offered.has(jid)) this.accept(jid); // pushed, though the answer was lost
    if (!this.accepted.has(jid) && !this.ending.has(jid) && !this.acked.has(jid))
      this.wrong.push(`${jid} was never pushed`);
    this.held.add(jid);
  }

  ackSent(jid: string): void {
    this.held.delete(jid);
    this.accepted.delete(jid);
    this.ending.add(jid);
  }

  ackAnswered(jid: string): void {
    this.ending.delete(jid);
    this.acked.add(jid);
  }

  /** From here on it may be given again. */
  failSent(jid: string): void {
    this.held.delete(jid);
  }

  /** How many jobs the server may hold now, at least and at most. */
  get bounds(): [number, number] {
    return [this.accepted.size, this.accepted.size + this.offered.size + this.ending.size];
  }
}

/** Pushes until the server is gone: one by one, pipelined, in bulk, for now and for later. */
export async function produce(client: WireClient, book: Book, random: () => number): Promise<void> {
  for (;;) {
    const bulk = random() < 0.2;
    const jids = Array.from({ length: 1 + Math.floor(random() * 5) }, () => book.newJid());
    const jobs = jids.map((jid) => ({
      jid,
      jobtype: 'T',
      args: [jid],
      queue: queues[Math.floor(random() * queues.length)],
      priority: 1 + Math.floor(random() * 9),
      ...(random() < 0.2 ? { at: formatTime(nowMicros() + Math.floor(random() * 400_000)) } : {}),
    }));
    client.raw(
      bulk ? `PUSHB ${JSON.stringify(jobs)}\n` : jobs.map((job) => `PUSH ${JSON.stringify(job)}\n`).join(''),
    );
    const answers = bulk ? 1 : jids.length;
    for (let index = 0; index < answers; index++) {
      const line = await client.line();
      if (line === '(closed)') return;
      if (line !== (bulk ? '$ {}' : '+OK')) book.wrong.push(`a push was answered ${line}`);
      else for (const jid of bulk ? jids : jids.slice(index, index + 1)) book.accept(jid);
    }
  }
}

/** Works until the server is gone: most jobs are acknowledged, some fail, some are just held. */
export async function consume(client: WireClient, book: Book, random: () => number): Promise<void> {
  for (;;) {
    const jid = jidOf(await client.ask(`FETCH ${queues.join(' ')}`));
    if (jid === '(closed)') return;
    if (jid === '(nil)') continue;
    book.handOut(jid);
    const fate = random();
    if (fate > 0.95) continue;
    const fails = fate > 0.8;
    if (fails) book.failSent(jid);
    else book.ackSent(jid);
    const line = await client.ask(`${fails ? 'FAIL' : 'ACK'} ${JSON.stringify({ jid })}`);
    if (line === '(closed)') return;
    if (line !== '+OK') book.wrong.push(`${fails ? 'FAIL' : 'ACK'} of ${jid} was answered ${line}`);
    else if (fails) book.failed += 1;
    else book.ackAnswered(jid);
  }
}
