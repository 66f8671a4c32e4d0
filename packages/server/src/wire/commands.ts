/**
 * The verb table: the whole surface of the protocol. Each entry decodes its payload (protocol) and makes one call
 * into the rules or the roster; it decides nothing itself and writes no error: whatever it throws, the connection
 * turns into a reply.
 *
 * `streams` marks verbs whose next line may start before their reply: they take effect in the order in which they
 * were started, so pipelined pushes share a commit. All others hold the lines behind them back. So does a line with so many entries
 * that the engine may let a later operation overtake it.
 */
import {
  bulk,
  type Extension,
  type ExtensionAsk,
  excerpt,
  extensionVersion,
  FaktoryError,
  fetchedJob,
  NIL,
  OK,
  parseAck,
  parseBeat,
  parseExt,
  parseFail,
  parseFailInParts,
  parseMutate,
  parseQueueCommand,
  parseQueues,
} from '@faktory-ts/protocol';
import { type Access, type Caller, ownerOf, permitOwned, permitQueues } from '../access/access.ts';
import type { Producer, Reservation, ReservationRef } from '../engine/engine.ts';
import type { Jobs, PushLine } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';
import { answers, LARGE, largeParts, OneByOne, PART } from '../rounds.ts';
import type { Roster, WorkerLine } from '../workers/roster.ts';
import { push, pushBulk } from './pushes.ts';

/** What verbs can reach of the server. */
export interface Desk {
  readonly jobs: Jobs;
  readonly roster: Roster;
  readonly maxBulkJobs: number;
  /** What the server has beyond Faktory's free edition, as EXT tells it. */
  readonly features: readonly string[];
  /** Whether EXT is known. */
  readonly extensions: boolean;
  /** Milliseconds until a silent worker with a lease loses its jobs. */
  readonly workerTimeout: number;
  /** How many backups are kept when one is made. */
  readonly keepBackups: number;
  readonly access: Pick<Access, 'tokens' | 'revoke' | 'rights'>;
  /** The data folder. */
  readonly dir: string;
  readonly log: Logger;
  /** INFO as the bytes of its JSON. */
  infoText(): Promise<Uint8Array>;
}

/** What verbs know of the connection that speaks. */
export interface Session {
  readonly caller: Caller;
  /** Empty for a producer. */
  readonly wid: string;
  /** Whose the names are that it uses; empty: nobody's. */
  readonly owner: string;
  readonly line: WorkerLine | undefined;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
  /** What it sent and the server has not begun is not carried out. */
  readonly dropped: boolean;
  /** Aborted too when the client sends another line: for waits that must not hold that line up. */
  readonly interruption: AbortSignal;
  /** The client asked for the extensions. */
  extended: boolean;
  /** What it fetches lasts with its worker's beats. */
  leased: boolean;
  /** The number of the PUSH or PUSHB that starts now; undefined: pushes of this connection are counted for nobody. */
  nextLine(): PushLine | undefined;
  /** The line that starts now has so many entries; with more than `most` the later lines wait for its reply. */
  weigh(entries: number, most: number): void;
  /** Whether a reply can still reach the client; one that only sends no more is reached. */
  isReached(): boolean;
  /** A reply of so many characters is being made: it counts like one that is not read. */
  makes(characters: number): void;
  /** Becomes that producer's connection. One that had the name before is closed, and what it has not started is dropped. */
  claimProducer(producer: Producer): void;
  /** Its lines are numbered on from here. */
  countFrom(pushed: number): void;
}

/**
 * A reply, a large one as its bytes; with `lost`, what to do when it could not be handed to the socket. Undefined closes without a word.
 */
export type Answer = string | JobsAnswer | undefined;

export interface JobsAnswer {
  readonly text: string | readonly Uint8Array[];
  readonly lost: () => void;
}

const DEFAULT_KEEP = 30 * 86_400; // seconds

/** Most entries in a line of ACKB, FAILB, RELEASE and EXTEND: each is some µs of the commit that all others wait for. */
export const mostSettled = ({ maxBulkJobs }: Desk): number => Math.min(maxBulkJobs, 1000);

/** What follows a verb that takes no jobs: it is read in one piece, while all others wait. */
export const MOST_PAYLOAD = 1024 * 1024;

/** Most jobs that one FETCHB gives. */
export const MAX_FETCH = 1000;

export interface Verb {
  readonly streams?: boolean;
  /** Its payload may be as long as a line; that of others has at most {@link MOST_PAYLOAD} characters. */
  readonly large?: boolean;
  /** A payload over {@link LARGE} is read in parts: the lines behind it wait for its answer. */
  readonly inParts?: boolean;
  /** Whether it may have to stand in the audit log; the table of rights says so. */
  readonly watched?: boolean;
  /** It is refused unless a feature brings it. */
  readonly vacant?: boolean;
  run(payload: string, desk: Desk, session: Session): Answer | Promise<Answer>;
}

export const commands: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['PUSH', { streams: true, large: true, inParts: true, run: (...asked) => push(...asked).then(ok) }],
  ['PUSHB', { streams: true, large: true, inParts: true, run: (...asked) => pushBulk(...asked).then(json) }],
  ['FETCH', { run: fetch }],
  ['ACK', { streams: true, run: ack }],
  ['FAIL', { streams: true, large: true, inParts: true, run: fail }],
  ['BEAT', { run: beat }],
  ['INFO', { run: async (_, desk) => bytes(await desk.infoText()) }],
  ['FLUSH', { run: (_, { jobs }) => jobs.engine.flush().then(ok) }],
  ['MUTATE', { run: (payload, { jobs }) => jobs.mutate(parseMutate(payload)).then(ok) }],
  ['QUEUE', { run: queue }],
  ['BATCH', { vacant: true, run: () => refuse('batch') }],
  ['TRACK', { vacant: true, run: () => refuse('tracking') }],
  ['END', { run: () => undefined }],
  ['EXT', { run: extend }],
]);

const ok = (): string => OK;

// Only ever ASCII or JSON made here, so the length in bytes is asked of Node, which counts faster than a loop.
export function json(value: unknown): string {
  return text(JSON.stringify(value));
}

function text(body: string): string {
  return bulk(body, Buffer.byteLength(body));
}

const SHORT = 16 * 1024; // bytes that are cheaper to copy than to write apart
const CRLF = Buffer.from('\r\n');

/** Many replies may share these bytes: a long text is not copied into each of them. */
export function bytes(body: Uint8Array): Answer {
  const head = `$${body.length}\r\n`;
  if (body.length <= SHORT) return `${head}${Buffer.from(body).toString()}\r\n`;
  return { text: [Buffer.from(head), body, CRLF], lost: () => undefined };
}

function refuse(subsystem: string): never {
  throw new FaktoryError('ERR', `${subsystem} subsystem is only available in Faktory Enterprise`);
}

/** What the session may be given of these queues; nothing while its worker is quiet. Throws FORBIDDEN for a token of other queues. */
export function allowed(asked: string[], { roster }: Desk, { wid, caller }: Session): string[] {
  permitQueues(caller.limits, asked);
  return wid !== '' && roster.fetching(wid, asked) !== 'running' ? [] : asked;
}

function fetch(payload: string, desk: Desk, session: Session): Promise<Answer> {
  const { jobs } = desk;
  const { wid, signal, leased: lease, owner } = session;
  const queues = allowed(parseQueues(payload), desk, session);
  return jobs.fetch({ queues, wid, owner, lease, signal }).then((reservation): Answer | Promise<Answer> => {
    if (!reservation) return NIL;
    const { document, enqueuedAt, failure } = reservation;
    const lost = (): void => lose(jobs, reservation);
    return answers.make(document.length, (): Answer | Promise<Answer> => {
      if (!signal.aborted) return jobsAnswer(fetchedJob(document, enqueuedAt, failure), lost, session);
      lost();
      return NIL;
    });
  });
}

/** The answer of a fetch; a large one is encoded in parts. */
export function jobsAnswer(
  body: string,
  lost: () => void,
  session: Session,
): JobsAnswer | Promise<JobsAnswer> {
  if (body.length <= LARGE) return { text: text(body), lost };
  session.makes(body.length);
  return largeParts.read(bulkInParts(body, PART, session)).then((bytes) => ({ text: bytes, lost }));
}

/** A bulk reply as its bytes, encoded in parts of about so many characters. */
function* bulkInParts(body: string, part: number, session: Session): Generator<void, readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let from = 0; from < body.length; ) {
    if (!session.isReached()) return []; // frees the text
    let to = Math.min(from + part, body.length);
    if ((body.charCodeAt(to - 1) & 0xfc00) === 0xd800) to -= 1; // a pair of surrogates is one character
    const bytes = Buffer.from(body.slice(from, to));
    parts.push(bytes);
    length += bytes.length;
    from = to;
    yield;
  }
  return [Buffer.from(`$${length}\r\n`), ...parts, Buffer.from('\r\n')];
}

/** The job's reply did not reach its socket. If it cannot be given back now, its reservation's expiry will. */
function lose(jobs: Jobs, reservation: Reservation): void {
  jobs.giveBack(reservation).catch(() => undefined);
}

/** Only what the caller may fetch, it may end. */
export function mayEnd(held: ReservationRef, { caller }: Session): ReservationRef {
  const queues = caller.limits?.queues;
  return queues === undefined ? held : { ...held, queues };
}

function ack(payload: string, { jobs }: Desk, session: Session): Promise<Answer> {
  return jobs.ack(mayEnd(parseAck(payload), session)).then(ok);
}

async function fail(payload: string, { jobs }: Desk, session: Session): Promise<Answer> {
  const { jid, ...fault } =
    payload.length > LARGE ? await largeParts.read(parseFailInParts(payload, PART)) : parseFail(payload);
  if (await jobs.fail(mayEnd({ jid }, session), fault)) return OK;
  throw new FaktoryError('NOT_FOUND', `Job not found ${excerpt(jid)}`);
}

/** From here on this connection may use the verbs of extensions.ts; its pushes are counted when it names a producer. */
async function extend(payload: string, desk: Desk, session: Session): Promise<Answer> {
  const { extensions, workerTimeout, features } = desk;
  if (!extensions) throw new FaktoryError('UNKNOWN_COMMAND', 'unknown command EXT');
  const ask = parseExt(payload);
  const { producer, lease = false, holding } = ask;
  if (lease && session.wid === '') {
    throw new FaktoryError('INVALID', 'a lease is for consumers: say HELLO with a wid first');
  }
  const offer: Extension = {
    v: extensionVersion,
    max_fetch: MAX_FETCH,
    max_settle: mostSettled(desk),
    features,
  };
  // The lines of a caller that may not push are counted for nobody: so its client goes on, and takes no producer's name.
  const pushes = session.caller.limits?.rights.has('push') ?? true;
  const { pushed, refused } =
    producer !== undefined && pushes ? await claim(producer, ask, desk, session) : unnamed;
  if (pushed !== undefined) offer.pushed = pushed;
  if (lease) offer.lease = workerTimeout / 1000;
  if (holding !== undefined) await reconcile(holding, desk, session);
  session.leased = lease;
  session.extended = true;
  return text(`${JSON.stringify(offer).slice(0, -1)}${refused}}`);
}

const unnamed = { pushed: undefined, refused: '' };

/**
 * The worker says which hand-outs it has: every other one is lost to it, since its older connections are closed first. This
 * connection's own later lines wait for the answer.
 */
async function reconcile(
  holding: readonly string[],
  { roster, jobs, log }: Desk,
  session: Session,
): Promise<void> {
  const { wid, line } = session;
  if (line === undefined) return; // no wid, no lease: refused before
  roster.takeOver(line);
  session.leased = true; // from here on an older connection may not take over
  const count = await jobs.giveBackOthers(wid, holding.map(Number));
  if (count === 0) return;
  log.info(`worker ${wid} reconnected without ${count} of its jobs: they are back in their queues`);
}

/** The connection becomes this producer's: how many of its lines were carried out, and what it may not know of them, as JSON text. */
async function claim(
  name: string,
  { keep = DEFAULT_KEEP, answered = 0 }: ExtensionAsk,
  { jobs }: Desk,
  session: Session,
): Promise<{ readonly pushed: number; readonly refused: string }> {
  const { caller } = session;
  const producer: Producer = { name, keep: keep * 1_000_000, owner: ownerOf(caller) };
  permitOwned(caller, await jobs.engine.ownerOf('producer', name), `the producer name ${excerpt(name)}`);
  session.claimProducer(producer);
  // After the other connection's last push: operations keep their order.
  const { pushed, answers } = await jobs.pushed(producer, answered);
  session.countFrom(pushed);
  if (answers.size === 0) return { pushed, refused: '' };
  // They are JSON already, and may have megabytes.
  const refused = [...answers].map(([line, answer]) => `"${line}":${answer}`).join(',');
  return { pushed, refused: `,"refused":{${refused}}` };
}

async function beat(payload: string, { roster, jobs }: Desk, { line, caller }: Session): Promise<Answer> {
  const beaten = parseBeat(payload);
  permitOwned(caller, roster.ownerOf(beaten.wid), `the worker ${excerpt(beaten.wid)}`);
  const state = roster.beat(beaten, line);
  await jobs.engine.beat(beaten.wid);
  return state === 'running' ? OK : json({ state });
}

const QUEUE_WEIGHT = 64; // characters of a queue in an answer
const FEW = 50; // queues
const latencies = new OneByOne();
const pauses = new OneByOne();

/** The work for many queues waits for that of the others. */
const inTurn = <Result>(
  turns: OneByOne,
  which: readonly string[] | '*',
  work: () => Promise<Result>,
): Promise<Result> => (which !== '*' && which.length <= FEW ? work() : turns.run(work));

async function queue(payload: string, { jobs }: Desk): Promise<Answer> {
  const { sub, names, all } = parseQueueCommand(payload);
  const which = all ? '*' : names;
  if (sub === 'LATENCY') {
    const waits = await inTurn(latencies, which, () => jobs.latency(names));
    return answers.make(names.length * QUEUE_WEIGHT, () => json(waits));
  }
  if (sub === 'REMOVE') await jobs.engine.changeQueues(which, 'remove');
  else
    await inTurn(pauses, which, () => jobs.engine.changeQueues(which, sub === 'PAUSE' ? 'pause' : 'resume'));
  return OK;
}

/** Whether the lines behind wait for the answer. */
export const holdsLines = ({ streams, inParts }: Verb, { length }: string): boolean =>
  !streams || (inParts === true && length > LARGE);

/** Throws LIMIT for a payload that is longer than its verb takes. */
export function checkLength({ large }: Verb, name: string, { length }: string): void {
  if (large || length <= MOST_PAYLOAD) return;
  const text = `line longer than this verb takes: ${name} has ${length} characters, the most is ${MOST_PAYLOAD}; split it`;
  throw new FaktoryError('LIMIT', text);
}
