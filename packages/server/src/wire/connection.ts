/**
 * One socket: whole lines in, one reply each, in order; the only place where an error becomes a reply.
 *
 * Lines are started one after another. Behind a verb that does not stream, the next line waits for the reply.
 * Replies leave in the order of their lines, those of one moment in one write.
 *
 * A client that does not read its replies is no longer served once `maxUnsentBytes` are waiting, and closed when that
 * lasts; what it sends meanwhile stays in its own socket. A connection must never know what a verb means.
 */
import type { Socket } from 'node:net';
import {
  type ClientRow,
  errorReply,
  FaktoryError,
  formatTime,
  LineReader,
  type Micros,
  nowMicros,
  splitVerb,
} from '@faktory-ts/protocol';
import { type Caller, commandDeed, type Deed, type Limits, ownerOf } from '../access/access.ts';
import type { PushLine } from '../jobs/jobs.ts';
import type { WorkerLine } from '../workers/roster.ts';
import { type Answer, checkLength, holdsLines, type Session, type Verb } from './commands.ts';
import { Inflow } from './inflow.ts';
import type { Arrival } from './new-connection.ts';
import { Outbox } from './outbox.ts';
import { Pace } from './pace.ts';
import type { Port } from './port.ts';
import { type Slot, Slots } from './slots.ts';

const UNCOUNTED: readonly string[] = ['STORAGE', 'SHUTDOWN'];
const MOST_NOTED = 2000; // characters of a refused command that are read for the audit log

const interrupted = AbortSignal.abort();

export class Connection implements Session, WorkerLine {
  readonly wid: string;
  readonly self: WorkerLine['self'];
  readonly owner: string;
  readonly caller: Caller;
  readonly connectedAt: Micros;
  readonly #from: string;
  #commands = 0;
  extended = false;
  leased = false;
  producer: PushLine['producer'] | undefined;
  readonly #socket: Socket;
  readonly #port: Port;
  #reader: LineReader;
  readonly #outbox: Outbox;
  readonly #inflow: Inflow;
  readonly #gone = new AbortController();
  #interruption = new AbortController();
  readonly #slots = new Slots();
  readonly #pace = new Pace(() => this.#pump());
  /** Lines of the producer that were started, ever. */
  #pushed = 0;
  #held = false;
  #ended = false;
  #closing = false;
  readonly isReached = (): boolean => !this.#closed;
  readonly makes = (characters: number): void => this.#outbox.makes(characters);
  #noted: unknown; // the error that the audit log has already
  /** The socket is closed. */
  #closed = false;

  constructor({ socket, reader, hello, caller, ended }: Arrival, port: Port) {
    this.connectedAt = nowMicros();
    this.#socket = socket;
    this.#inflow = new Inflow(socket);
    this.#reader = reader;
    this.#port = port;
    this.caller = caller;
    this.owner = ownerOf(caller);
    this.#from = socket.remoteAddress ?? '';
    this.#ended = ended;
    if (ended) this.#gone.abort();
    this.wid = hello.wid ?? '';
    const { hostname = '', pid = 0, labels = [] } = hello;
    this.self = { wid: this.wid, pid, ...port.selfTexts.keep(hostname, labels) };
    this.#outbox = new Outbox(socket, port, () => this.#pump());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get dropped(): boolean {
    return this.#closing;
  }

  get interruption(): AbortSignal {
    return this.#reader.pending > 0 ? interrupted : this.#interruption.signal;
  }

  get line(): WorkerLine | undefined {
    return this.wid === '' ? undefined : this;
  }

  get row(): ClientRow {
    const { wid, hostname, labels } = this.self;
    const self = wid === '' ? {} : { wid, hostname, labels };
    const since = { connected_at: formatTime(this.connectedAt), commands: this.#commands };
    return { address: this.#from, ...self, who: this.caller.who, ...since };
  }

  start(): void {
    this.#pump();
  }

  receive(chunk: Uint8Array): void {
    if (this.#closing) return; // its last reply is on the way; what still comes is read only to be forgotten
    this.#reader.push(chunk);
    if (this.#held) this.#interrupt();
    this.#pump();
  }

  /** The client will send no more: what it sent is still answered. A fetch that waits is given up. */
  end(): void {
    this.#ended = true;
    this.#gone.abort();
    this.#interrupt();
    this.#pump();
  }

  closed(): void {
    this.#closing = true;
    this.#closed = true;
    this.#port.unfinished.note(this, 0);
    this.#gone.abort();
    this.#interrupt();
    this.#outbox.closed();
  }

  #interrupt(): void {
    this.#interruption.abort();
    this.#interruption = new AbortController();
  }

  /** At once; lines that were not started are dropped, a fetch that waits is given up. */
  close(): void {
    this.#closing = true;
    this.#gone.abort(); // not only when the socket says so: a fetch must take nothing in between
    this.#interrupt();
    this.#socket.destroy();
  }

  claimProducer(producer: PushLine['producer']): void {
    const { name } = producer;
    if (this.#closed) throw new FaktoryError('ABORTED', 'the connection is closed');
    if (this.producer !== undefined && this.producer.name !== name) {
      throw new FaktoryError(
        'INVALID',
        `this connection is producer ${this.producer.name}; open another one`,
      );
    }
    this.#port.claimProducer(name, this);
    this.producer = producer;
  }

  countFrom(pushed: number): void {
    this.#pushed = pushed;
  }

  nextLine(): PushLine | undefined {
    return this.producer && { producer: this.producer, number: ++this.#pushed };
  }

  weigh(entries: number, most: number): void {
    this.#held ||= entries > most;
    this.#slots.weigh(entries);
  }

  /** Closes it with this error as its last reply. */
  cutOff(error: FaktoryError): void {
    this.#reject(error);
    this.#pump();
  }

  /** The server stops: what waits for its turn is answered (with a refusal), then the connection is closed. */
  finish(): void {
    this.#ended = true;
    this.#pump();
  }

  #pump(): void {
    const before = this.#reader.pending;
    try {
      while (this.#mayStart() && this.#pace.hasTime()) {
        const line = this.#reader.next();
        if (line !== undefined) this.#start(line);
        else if (this.#reader.amidst)
          this.#pace.restForPart(); // a line of megabytes is decoded in parts
        else break;
      }
    } catch (error) {
      this.#reject(error);
    }
    this.#outbox.send();
    this.#endIfDone();
    const starts = this.#mayStart();
    const { pending } = this.#reader;
    this.#port.unfinished.note(this, starts ? pending : 0, pending === before);
    this.#inflow.adjust(pending, starts || this.#closing);
  }

  #mayStart(): boolean {
    if (this.#held || this.#closing || this.#pace.rests) return false;
    return !this.#outbox.full && this.#slots.hasRoom;
  }

  /** Throws. The last of too many in a row ends the connection. */
  #refuseUnknown(name: string, line: string): never {
    this.#port.asked('unknown', line.length, this.caller.who);
    this.#port.answered('unknown');
    const error = this.#pace.unknown(name);
    this.#closing ||= this.#pace.isLost;
    throw error;
  }

  #endIfDone(): void {
    const noMore = this.#closing || (this.#ended && this.#mayStart());
    if (noMore && this.#slots.length === 0) this.#outbox.end();
  }

  /** A line that cannot be read: the error is the last thing this client hears. */
  #reject(error: unknown): void {
    this.#closing = true;
    this.#reader = new LineReader(); // frees what was received
    this.#fill(this.#slots.open(0), errorReply(error));
  }

  #start(line: string): void {
    const slot = this.#slots.open(line.length);
    this.#pace.start(line.length);
    if (this.#port.stopping) {
      this.#closing = true;
      this.#fill(slot, errorReply(new FaktoryError('SHUTDOWN', 'shutdown in progress')));
      return;
    }
    try {
      const [name, payload] = splitVerb(line);
      const verb = this.#port.verbs[this.extended ? 'extended' : 'plain'].get(name);
      if (!verb) this.#refuseUnknown(name, line);
      this.#pace.known();
      this.#port.asked(name, payload.length, this.caller.who);
      slot.verb = name;
      this.#commands += 1;
      this.#held = holdsLines(verb, payload);
      checkLength(verb, name, payload);
      if (this.caller.limits) this.#permit(this.caller.limits, name, payload);
      const answer = verb.watched ? this.#watch(verb, name, payload) : this.#run(verb, payload);
      if (!verb.streams || !(answer instanceof Promise)) this.#pace.count();
      if (!(answer instanceof Promise)) {
        this.#fill(slot, answer);
        return;
      }
      answer.then(
        (text) => this.#settle(slot, text),
        (error) => {
          if (verb.streams) this.#pace.count();
          this.#noteRefusal(error, line);
          this.#settle(slot, this.#refused(error));
        },
      );
    } catch (error) {
      this.#pace.count();
      this.#noteRefusal(error, line);
      this.#fill(slot, this.#errorText(error));
    }
  }

  #run(verb: Verb, payload: string): ReturnType<Verb['run']> {
    return verb.run(payload, this.#port.desk, this);
  }

  /** A token's push that is refused is not counted either, so a named producer's connection ends behind the refusal. */
  #permit(limits: Limits, name: string, payload: string): void {
    try {
      this.#port.rights.permit(limits, this.#port.rights.keyOf(name, payload));
    } catch (error) {
      if (this.producer !== undefined && name.startsWith('PUSH')) this.#closing = true;
      throw error;
    }
  }

  /** What the rights refuse stands in the audit log. */
  #noteRefusal(error: unknown, line: string): void {
    if (!(error instanceof FaktoryError) || error.code !== 'FORBIDDEN' || error === this.#noted) return;
    const [name, payload] = splitVerb(line);
    this.#port.audit({ ...this.#deed(name, payload.length > MOST_NOTED ? '' : payload), ok: false });
  }

  #deed(name: string, payload: string): Omit<Deed, 'ok'> {
    return { who: this.caller.who, from: this.#from, ...commandDeed(this.#port.rights, name, payload) };
  }

  /** Carries out what may have to stand in the audit log. */
  async #watch(verb: Verb, name: string, payload: string): Promise<Answer> {
    const { rights } = this.#port;
    if (!rights.isAudited(rights.keyOf(name, payload))) return this.#run(verb, payload);
    const deed = this.#deed(name, payload);
    try {
      const answer = await this.#run(verb, payload);
      this.#port.audit({ ...deed, ok: true });
      return answer;
    } catch (error) {
      this.#port.audit({ ...deed, ok: false });
      this.#noted = error;
      throw error;
    }
  }

  /** What the store did not take is not counted: later lines of a named producer would be counted in its place. */
  #refused(error: unknown): string {
    const uncounted = !(error instanceof FaktoryError) || UNCOUNTED.includes(error.code);
    if (uncounted && this.producer !== undefined) this.#closing = true;
    return this.#errorText(error);
  }

  #errorText(error: unknown): string {
    if (!(error instanceof FaktoryError)) this.#port.fault(error);
    return errorReply(error);
  }

  /** A reply that was waited for has come: send what is in order, go on with the next lines. */
  #settle(slot: Slot, answer: Answer): void {
    this.#fill(slot, answer);
    if (this.#slots.length > 0) this.#outbox.schedule();
    else this.#outbox.send();
    if (this.#reader.pending > 0 || this.#ended || this.#closing) this.#pump();
  }

  #fill(slot: Slot, answer: Answer): void {
    slot.answer = answer;
    slot.ready = true;
    if (slot.verb !== '') this.#port.answered(slot.verb);
    for (let first = this.#slots.next(); first; first = this.#slots.next()) {
      const next = first.answer;
      if (this.#slots.length === 0) this.#held = false;
      if (next === undefined) {
        this.#closing = true;
        this.#outbox.end();
        return;
      }
      this.#outbox.add(next);
    }
  }
}
