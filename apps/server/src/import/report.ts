/**
 * Prints what an import found and would do, as text and tables. The content of jobs is never
 * printed.
 */
import type { Terminal } from '../commands/command.ts';
import { table } from '../commands/table.ts';
import { counted, plain, thousands } from '../commands/words.ts';
import type { Contents } from './keys.ts';
import type { Tally } from './records.ts';
import type { Rejects } from './rejects.ts';

/** The server's default limit of dead jobs. */
const DEAD_LIMIT = 10_000;

const places = ['ready', 'working', 'scheduled', 'retries', 'dead'];

/** What was found, for JSON output. */
export interface Findings {
  readonly jobs: number;
  readonly places: Readonly<Record<string, number>>;
  readonly queues: readonly { readonly name: string; readonly ready: number; readonly paused: boolean }[];
  readonly processed: number;
  readonly failures: number;
  readonly days: number;
  /** Jobs that cannot be imported, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Texts about strange data. */
  readonly notes: readonly string[];
}

/** Collects what was found. */
export function findings(contents: Contents, tally: Tally, rejects: Rejects): Findings {
  return {
    jobs: tally.jobs,
    places: Object.fromEntries(places.map((place) => [place, tally.places.get(place) ?? 0])),
    queues: queuesOf(contents, tally),
    ...contents.totals,
    days: contents.days.length,
    rejected: Object.fromEntries(rejects.reasons),
    notes: notes(contents, tally),
  };
}

function queuesOf(contents: Contents, tally: Tally): Findings['queues'] {
  const paused = new Map(contents.queues.map((queue) => [queue.name, queue.paused]));
  for (const name of tally.queues.keys()) if (!paused.has(name)) paused.set(name, false);
  return [...paused].map(([name, isPaused]) => ({
    name,
    ready: tally.queues.get(name) ?? 0,
    paused: isPaused,
  }));
}

/** Prints what was found. */
export function report(
  terminal: Terminal,
  say: (text: string) => void,
  contents: Contents,
  tally: Tally,
  rejects: Rejects,
): void {
  const { days, totals } = contents;
  say(
    table(
      terminal,
      ['PLACE', 'JOBS'],
      places.map((place) => [place, tally.places.get(place) ?? 0]),
    ),
  );
  const rows = queuesOf(contents, tally).map(({ name, ready, paused }) => [
    name,
    ready,
    paused ? 'paused' : '',
  ]);
  if (rows.length > 0) say(`\n${table(terminal, ['QUEUE', 'READY', ''], rows)}`);
  const { processed, failures } = totals;
  const counters = `${counted(processed, 'execution')}, ${thousands(failures)} of them failed, and ${counted(days.length, 'day')} of history`;
  say(`\n${counters}`);
  const told = [...notes(contents, tally), ...rejected(rejects)];
  for (const note of told) say(`- ${plain(note)}`);
}

function notes({ odd }: Contents, tally: Tally): string[] {
  const found = [...odd];
  const tell = (count: number, text: string): void => {
    if (count > 0) found.push(`${counted(count, 'job')} ${text}`);
  };
  tell(
    tally.places.get('working') ?? 0,
    'reserved by workers will be ready, first in their queues, with their attempts so far',
  );
  tell(
    tally.batched,
    'belong to batches, which this server does not support: the jobs run, but no callback is pushed',
  );
  tell(
    tally.strayed,
    'were in the list of another queue than they name; they are imported into the queue that they name',
  );
  const dead = tally.places.get('dead') ?? 0;
  if (dead > DEAD_LIMIT) {
    const limit = `a server keeps the newest ${thousands(DEAD_LIMIT)} unless --dead-limit is higher`;
    found.push(`${counted(dead, 'dead job')}: ${limit}`);
  }
  return found;
}

function rejected({ count, reasons }: Rejects): string[] {
  if (count === 0) return [];
  const text = 'cannot be imported; they will be written to a file in the data folder:';
  const each = [...reasons].map(([reason, jobs]) => `  ${thousands(jobs)} × ${reason}`);
  return [`${counted(count, 'job')} ${text}`, ...each];
}
