/**
 * `faktory compact | salvage`: rewrites a store without free space, or without damaged pages. The
 * server must be stopped.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Loss } from '@faktory-ts/server';
import { agreed, toldWhenEnded, yesFlag } from './asking.ts';
import { command } from './command.ts';
import { folderFlags, folderOf } from './data-folder.ts';
import { counted, jsonText, thousands } from './words.ts';

const json = { json: { describe: 'print the result as JSON' } };
const megabytes = (bytes: number): string => `${thousands(Math.ceil(bytes / 1_000_000))} MB`;

/** Makes the store smaller. */
export const compact = command<'dir' | 'json'>({
  name: 'compact',
  synopsis: '',
  describe: 'removes free space from the store; the server must be stopped',
  flags: { ...folderFlags, ...json },
  more: 'Needs as much free disk space as the jobs take. A server frees unused space by itself, except in a file that an earlier version made: compact that file once. A signal ends the command at once and leaves the store unchanged.',
  async run(call) {
    const folder = folderOf(call);
    const result = await call.terminal.endable(() => folder.compact());
    const { before, after } = result;
    call.terminal.print(
      call.on('json') ? jsonText(result) : `${megabytes(before)} before, ${megabytes(after)} now`,
    );
  },
});

/** Repairs a damaged store. */
export const salvage = command<'dir' | 'yes' | 'json'>({
  name: 'salvage',
  synopsis: '',
  describe: 'makes a new store from the readable part of a damaged one; the server must be stopped',
  flags: { ...folderFlags, ...yesFlag, ...json },
  more: 'Prints what cannot be read. The damaged store is moved to replaced-… in the data folder, not deleted. Ctrl-C or TERM ends the command, leaves the store unchanged and deletes the new one. A damaged first page is replaced in a copy, so have free disk space for the store and its jobs.',
  async run(call) {
    const folder = folderOf(call);
    const { terminal } = call;
    folder.checkFree('whatever it is'); // before the question
    if (!(await agreed(call, `Make a new store from the readable part of ${folder.dir}?`))) return;
    const result = await toldWhenEnded(terminal, folder.salvage({ signal: terminal.signal }));
    const lost = lossLines(result.loss);
    if (call.on('json')) terminal.print(jsonText(result));
    else {
      terminal.print(`${counted(result.jobs, 'job')} could be read and are in the new store`);
      for (const line of lost.length > 0 ? lost : ['nothing is lost']) terminal.print(line);
      terminal.print(`the previous store is now in ${result.aside}`);
    }
    // A store without jobs that is whole is no failure.
    if (result.jobs === 0 && lost.length > 0)
      throw new FaktoryError('STORAGE', 'no job could be read; restore a backup');
  },
});

function lossLines({ ready, jids, stretches, tables, missingLog, ...places }: Loss): string[] {
  const lines = Object.entries(ready).map(
    ([queue, n]) => `lost: ${counted(n, 'ready job')} of queue ${queue}`,
  );
  for (const [name, n] of Object.entries(places))
    if (n > 0) lines.push(`lost: ${counted(n, 'job')} of ${name}`);
  for (const jid of jids) lines.push(`lost: job ${jid}`);
  for (const [from, to] of stretches) lines.push(`not readable: ${rowsText(from, to)} of the jobs`);
  for (const name of tables)
    lines.push(`not readable: ${name.startsWith('the ') ? name : `a part of ${name}`}`);
  if (missingLog) lines.push('lost: the newest jobs, which were in the missing log; their number is unknown');
  return lines;
}

/** Note: a stretch without a readable row behind it ends at the highest row number that there can be. */
function rowsText(from: number, to: number): string {
  if (to < Number.MAX_SAFE_INTEGER) return `rows ${from} to ${to}`;
  return from <= 1 ? 'all rows' : `all rows from ${from} on`;
}
