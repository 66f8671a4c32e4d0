/**
 * The verbs beyond Faktory's protocol, for connections that asked with EXT. Like commands.ts: decode, one call into the
 * rules, one reply; they decide nothing. The protocol package's EXTENSIONS.md is their reference.
 *
 * ACKB, FAILB, RELEASE and EXTEND name hand-outs by their rid, so a worker whose reservation has run out changes nothing
 * of the next one's. They answer with the entries that failed: rid → reason; all entries of a line share a commit.
 */
import {
  errorText,
  FaktoryError,
  failBulkInParts,
  fetchedJob,
  fetchedText,
  formatTime,
  type HandOut,
  type Micros,
  NIL,
  parseExtend,
  parseFailBulk,
  parseFetchBulk,
  parseHandOuts,
  parseQueues,
  parseVerify,
} from '@faktory-ts/protocol';
import { longCall, type Reservation, type ReservationRef } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { answers, LARGE, largeParts, PART } from '../rounds.ts';
import {
  type Answer,
  allowed,
  type Desk,
  jobsAnswer,
  json,
  MAX_FETCH,
  mayEnd,
  mostSettled,
  type Session,
  type Verb,
} from './commands.ts';
import { operating } from './operating.ts';

export const extensions: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ...operating,
  ['FETCHB', { run: fetchBulk }],
  ['ACKB', { streams: true, run: ackBulk }],
  ['FAILB', { streams: true, large: true, inParts: true, run: failBulk }],
  ['RELEASE', { streams: true, run: release }],
  ['EXTEND', { streams: true, run: extend }],
  ['BACKUP', { run: async (_, { jobs, keepBackups }) => json(await jobs.archive.backup(keepBackups)) }],
  ['BACKUPS', { run: async (_, { jobs }) => json(await jobs.archive.backups()) }],
  [
    'VERIFY',
    { run: async (payload, { jobs }) => json(await jobs.archive.verifyBackup(parseVerify(payload))) },
  ],
]);

async function fetchBulk(payload: string, desk: Desk, session: Session): Promise<Answer> {
  const { count, names } = parseFetchBulk(payload, MAX_FETCH);
  const queues = allowed(parseQueues(names), desk, session);
  const { wid, owner, signal, interruption, leased: lease } = session;
  const taken = await desk.jobs.fetchBulk({ queues, wid, owner, lease, signal: interruption }, count);
  if (taken.length === 0) return NIL;
  const lost = (): void => loseAll(desk.jobs, taken);
  const length = taken.reduce((sum, { document }) => sum + document.length, 0);
  return answers.make(length, () => {
    if (!signal.aborted) return jobsAnswer(fetchedAll(taken), lost, session);
    lost();
    return NIL;
  });
}

/** Taken in one moment, they mostly end in one moment too: that text is made once. */
function fetchedAll(taken: readonly Reservation[]): string {
  let known: Micros | undefined;
  let end = '';
  const parts = taken.map(({ document, enqueuedAt, failure, reservationId, expiresAt }) => {
    if (expiresAt !== known) end = formatTime(expiresAt);
    known = expiresAt;
    return fetchedText(fetchedJob(document, enqueuedAt, failure), reservationId, end);
  });
  return `[${parts.join(',')}]`;
}

// Each goes to the head of its queue, so the last taken goes first.
function loseAll(jobs: Jobs, taken: readonly Reservation[]): void {
  jobs.giveBackAll([...taken].reverse()).catch(() => undefined); // then their reservations' end will
}

async function ackBulk(payload: string, desk: Desk, session: Session): Promise<Answer> {
  const ended = parseHandOuts('ACKB', payload, mostSettled(desk));
  session.weigh(ended.length, longCall.settle);
  return refusals(ended, await desk.jobs.ackAll(ended.map((entry) => heldOf(entry, session))));
}

async function failBulk(payload: string, desk: Desk, session: Session): Promise<Answer> {
  const most = mostSettled(desk);
  const ended =
    payload.length > LARGE
      ? await largeParts.read(failBulkInParts(payload, most, PART))
      : parseFailBulk(payload, most);
  if (payload.length <= LARGE) session.weigh(ended.length, longCall.settle);
  const held = await desk.jobs.failAll(
    ended.map((entry) => ({ held: heldOf(entry, session), fault: entry })),
  );
  return refusals(ended, held);
}

async function release(payload: string, desk: Desk, session: Session): Promise<Answer> {
  // As with lost replies: what was taken first comes back to stand first.
  const handOuts = parseHandOuts('RELEASE', payload, mostSettled(desk)).sort((a, b) => b.rid - a.rid);
  session.weigh(handOuts.length, longCall.settle);
  return refusals(handOuts, await desk.jobs.giveBackAll(handOuts.map((entry) => heldOf(entry, session))));
}

async function extend(payload: string, desk: Desk, session: Session): Promise<Answer> {
  const longer = parseExtend(payload, mostSettled(desk));
  session.weigh(longer.length, longCall.settle);
  const held = longer.map((entry) => desk.jobs.extend(heldOf(entry, session), entry.seconds));
  return refusals(longer, await Promise.all(held));
}

const heldOf = ({ jid, rid }: HandOut, session: Session): ReservationRef =>
  mayEnd({ jid, reservationId: rid }, session);

function refusals(entries: readonly HandOut[], held: readonly boolean[]): Answer {
  const refused = entries.filter((_, index) => !held[index]);
  const stale = ({ jid }: HandOut): string =>
    errorText(new FaktoryError('STALE', `the reservation of ${jid} is over`));
  return json(Object.fromEntries(refused.map((entry) => [entry.rid, stale(entry)])));
}
