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
  fetchedText,
  type HandOut,
  NIL,
  parseExtend,
  parseFailBulk,
  parseFetchBulk,
  parseHandOuts,
  parseQueues,
  wireJob,
} from '@faktory-ts/protocol';
import type { Held, Jobs, Reservation } from '../jobs/jobs.ts';
import {
  type Answer,
  allowed,
  type Desk,
  json,
  lose,
  MAX_FETCH,
  type Session,
  text,
  type Verb,
} from './commands.ts';

export const extensions: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['FETCHB', { run: fetchBulk }],
  ['ACKB', { streams: true, run: ackBulk }],
  ['FAILB', { streams: true, run: failBulk }],
  ['RELEASE', { streams: true, run: release }],
  ['EXTEND', { streams: true, run: extend }],
]);

async function fetchBulk(payload: string, desk: Desk, session: Session): Promise<Answer> {
  const { count, names } = parseFetchBulk(payload, MAX_FETCH);
  const queues = allowed(parseQueues(names), desk, session);
  const { wid, signal, interruption, leased: lease } = session;
  const taken = await desk.jobs.fetchBulk({ queues, wid, lease, signal: interruption }, count);
  if (taken.length === 0) return NIL;
  const lost = (): void => loseAll(desk.jobs, taken);
  if (!signal.aborted) return { text: text(`[${taken.map(fetched).join(',')}]`), lost };
  lost();
  return NIL;
}

function fetched({ document, enqueuedAt, failure, hold, expiresAt }: Reservation): string {
  return fetchedText(wireJob(document, enqueuedAt, failure), hold, expiresAt);
}

// Each goes to the head of its queue, so the last taken goes first.
function loseAll(jobs: Jobs, taken: readonly Reservation[]): void {
  for (const reservation of [...taken].reverse()) lose(jobs, reservation);
}

function ackBulk(payload: string, { jobs, maxBulkJobs }: Desk): Promise<Answer> {
  return settleAll(parseHandOuts('ACKB', payload, maxBulkJobs), (held) => jobs.ack(held));
}

function failBulk(payload: string, { jobs, maxBulkJobs }: Desk): Promise<Answer> {
  return settleAll(parseFailBulk(payload, maxBulkJobs), (held, fault) => jobs.fail(held, fault));
}

function release(payload: string, { jobs, maxBulkJobs }: Desk): Promise<Answer> {
  // As with lost replies: what was taken first comes back to stand first.
  const handOuts = parseHandOuts('RELEASE', payload, maxBulkJobs).sort((a, b) => b.rid - a.rid);
  return settleAll(handOuts, (held) => jobs.giveBack(held));
}

function extend(payload: string, { jobs, maxBulkJobs }: Desk): Promise<Answer> {
  return settleAll(parseExtend(payload, maxBulkJobs), (held, { seconds }) => jobs.extend(held, seconds));
}

async function settleAll<Entry extends HandOut>(
  entries: readonly Entry[],
  settle: (held: Held, entry: Entry) => Promise<boolean>,
): Promise<Answer> {
  const refused: Record<string, string> = {};
  const settled = entries.map(async (entry) => {
    const { jid, rid } = entry;
    if (await settle({ jid, hold: rid }, entry)) return;
    refused[rid] = errorText(new FaktoryError('STALE', `the reservation of ${jid} is over`));
  });
  await Promise.all(settled);
  return json(refused);
}
