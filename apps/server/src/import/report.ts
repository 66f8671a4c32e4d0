/*
 * What an import found, and what it would do with it, in words and tables. It must never print what a job says.
 */
import type { Terminal } from '../commands/command.ts';
import { table } from '../commands/table.ts';
import { counted, plain, thousands } from '../commands/words.ts';
import type { Contents } from './keys.ts';
import type { Tally } from './records.ts';
import type { Rejects } from './rejects.ts';

/** What the server keeps of dead jobs unless it is told otherwise. */
const DEAD_LIMIT = 10_000;

const places = ['ready', 'working', 'scheduled', 'retries', 'dead'];

/** Prints what was found. */
export function report(terminal: Terminal, contents: Contents, tally: Tally, rejects: Rejects): void {
  const { days, totals } = contents;
  terminal.print(
    table(
      terminal,
      ['PLACE', 'JOBS'],
      places.map((place) => [place, tally.places.get(place) ?? 0]),
    ),
  );
  const queues = new Map(contents.queues.map(({ name, paused }) => [name, paused]));
  for (const name of tally.queues.keys()) if (!queues.has(name)) queues.set(name, false);
  const rows = [...queues].map(([name, paused]) => [
    name,
    tally.queues.get(name) ?? 0,
    paused ? 'paused' : '',
  ]);
  if (rows.length > 0) terminal.print(`\n${table(terminal, ['QUEUE', 'READY', ''], rows)}`);
  const { processed, failures } = totals;
  const counters = `${counted(processed, 'execution')}, ${thousands(failures)} of them failed, and ${counted(days.length, 'day')} of history`;
  terminal.print(`\n${counters}`);
  for (const note of notes(contents, tally, rejects)) terminal.print(`- ${plain(note)}`);
}

function notes({ odd }: Contents, tally: Tally, rejects: Rejects): string[] {
  const found = [...odd];
  const tell = (count: number, text: string): void => {
    if (count > 0) found.push(`${counted(count, 'job')} ${text}`);
  };
  tell(
    tally.places.get('working') ?? 0,
    'that workers hold will be ready, first in their queues, with the attempts they have had',
  );
  tell(
    tally.batched,
    'belong to batches, which this server does not know: they run, but no callback follows',
  );
  tell(tally.strayed, 'lay in the list of another queue than they name; they go to the one they name');
  const dead = tally.places.get('dead') ?? 0;
  if (dead > DEAD_LIMIT) {
    const limit = `a server keeps the newest ${thousands(DEAD_LIMIT)} unless --dead-limit says more`;
    found.push(`${counted(dead, 'dead job')}: ${limit}`);
  }
  tell(rejects.count, 'cannot be imported; they will be written to a file in the data folder:');
  for (const [reason, count] of rejects.reasons) found.push(`  ${thousands(count)} × ${reason}`);
  return found;
}
