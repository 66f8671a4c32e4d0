/**
 * The page’s current knowledge of the server, and how an update changes it. Pure; it returns new
 * objects, because React compares by identity.
 *
 * The first update of a topic replaces all its rows; later ones add. A row of `null` was removed.
 */
import type {
  Attention,
  LiveStats,
  LiveTopic,
  LiveUpdate,
  QueueRow,
  SecondSample,
  WorkerStatus,
} from '@faktory-ts/protocol';

/** The live state; an absent member was not received yet. */
export interface LiveState {
  stats?: LiveStats;
  /** Samples of the last minutes, oldest first, for charts. */
  trail: readonly SecondSample[];
  attention?: readonly Attention[];
  queues?: Readonly<Record<string, QueueRow>>;
  workers?: Readonly<Record<string, WorkerStatus>>;
}

/** Nothing known. */
export const nothingLive: LiveState = { trail: [] };

const mostSamples = 181; // three minutes with one rate per second
const sampleStep = 900; // ms: the server sends more often, which would show single jobs as spikes

/** The state after an update. `whole`: topics whose rows in this update are all there are. */
export function merged(state: LiveState, update: LiveUpdate, whole: ReadonlySet<LiveTopic>): LiveState {
  const next: LiveState = { ...state };
  if (update.stats) {
    next.stats = update.stats;
    next.trail = trailWith(state.trail, update.stats);
  }
  if (update.attention) next.attention = update.attention;
  if (update.queues) next.queues = rowsWith(whole.has('queues') ? undefined : state.queues, update.queues);
  if (update.workers)
    next.workers = rowsWith(whole.has('workers') ? undefined : state.workers, update.workers);
  return next;
}

function rowsWith<T>(
  rows: Readonly<Record<string, T>> = {},
  changes: Readonly<Record<string, T | null>>,
): Readonly<Record<string, T>> {
  const next = new Map(Object.entries(rows));
  for (const [name, row] of Object.entries(changes)) {
    if (row === null) next.delete(name);
    else next.set(name, row);
  }
  return Object.fromEntries(next);
}

/** A restarted server counts from 0 again, so the trail starts again too. */
function trailWith(trail: readonly SecondSample[], stats: LiveStats): readonly SecondSample[] {
  const last = trail.at(-1);
  const { at, processed, failures, pushed, latency } = stats;
  const sample = { at, processed, failures, pushed, latency };
  if (!last || pushed < last.pushed) return [sample];
  if (Date.parse(at) - Date.parse(last.at) < sampleStep) return trail;
  return [...trail, sample].slice(-mostSamples);
}

/**
 * Adds the server's samples of the last minutes: from before the page was opened, and from gaps in
 * the connection.
 */
export function withPast(state: LiveState, past: readonly SecondSample[]): LiveState {
  const all = [...past, ...state.trail].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  let trail: SecondSample[] = [];
  for (const sample of all) {
    const last = trail.at(-1);
    if (last && sample.pushed < last.pushed) trail = [];
    else if (last && Date.parse(sample.at) - Date.parse(last.at) < sampleStep) continue;
    trail.push(sample);
  }
  return { ...state, trail: trail.slice(-mostSamples) };
}

/** Events per second between two samples. */
export interface LiveRate {
  /** Milliseconds since 1970. */
  at: number;
  pushed: number;
  done: number;
  failed: number;
}

/** The rates of a trail: one for each pair of neighbouring samples. */
export function ratesOf(trail: readonly SecondSample[]): LiveRate[] {
  return trail.slice(1).map((stats, i) => {
    const before = trail[i] ?? stats;
    const seconds = Math.max(0.001, (Date.parse(stats.at) - Date.parse(before.at)) / 1000);
    const per = (now: number, then: number) => Math.max(0, now - then) / seconds;
    const failed = per(stats.failures, before.failures);
    return {
      at: Date.parse(stats.at),
      pushed: per(stats.pushed, before.pushed),
      done: Math.max(0, per(stats.processed, before.processed) - failed),
      failed,
    };
  });
}
