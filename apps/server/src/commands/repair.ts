/*
 * `faktory compact | salvage`: a store written anew, without free room or without damaged pages. The server must be stopped.
 */
import type { Loss } from '@faktory-ts/server';
import { agreed, toldWhenEnded, yesFlag } from './asking.ts';
import { command } from './command.ts';
import { folderFlags, folderOf } from './data-folder.ts';
import { counted, jsonText, thousands } from './words.ts';

const json = { json: { describe: 'print the result as JSON' } };
const megabytes = (bytes: number): string => `${thousands(Math.ceil(bytes / 1_000_000))} MB`;

/** Smaller. */
export const compact = command<'dir' | 'json'>({
  name: 'compact',
  synopsis: '',
  describe: 'makes the store as small as its jobs; the server must be stopped',
  flags: { ...folderFlags, ...json },
  more: 'Needs as much free disk as the jobs take. A server gives free room back by itself, but for a file that an earlier version made: compact that once. A signal ends it at once: the store is then unchanged.',
  async run(call) {
    const folder = folderOf(call);
    const result = await call.terminal.endable(() => folder.compact());
    const { before, after } = result;
    call.terminal.print(
      call.on('json') ? jsonText(result) : `${megabytes(before)} before, ${megabytes(after)} now`,
    );
  },
});

/** Whole. */
export const salvage = command<'dir' | 'yes' | 'json'>({
  name: 'salvage',
  synopsis: '',
  describe: 'makes a new store of all that can be read of a damaged one; the server must be stopped',
  flags: { ...folderFlags, ...yesFlag, ...json },
  more: 'Names what cannot be read. The damaged store is moved to replaced-… in the data folder, never removed. Ctrl-C or TERM ends it: the store is then unchanged, and nothing is left of the new one. A first page that is damaged is replaced in a copy, so have as much free disk as the store and its jobs take.',
  async run(call) {
    const folder = folderOf(call);
    const { terminal } = call;
    folder.checkFree('whatever it is'); // before anybody is asked
    if (!(await agreed(call, `Make a new store of what can be read in ${folder.dir}?`))) return;
    const result = await toldWhenEnded(terminal, folder.salvage({ signal: terminal.signal }));
    if (call.on('json')) {
      terminal.print(jsonText(result));
      return;
    }
    terminal.print(`${counted(result.jobs, 'job')} could be read and are in the new store`);
    for (const line of lossLines(result.loss)) terminal.print(line);
    terminal.print(`the store that was there is now in ${result.aside}`);
  },
});

function lossLines({ ready, jids, stretches, tables, missingLog, ...places }: Loss): string[] {
  const lines = Object.entries(ready).map(
    ([queue, n]) => `lost: ${counted(n, 'ready job')} of queue ${queue}`,
  );
  for (const [name, n] of Object.entries(places))
    if (n > 0) lines.push(`lost: ${counted(n, 'job')} of ${name}`);
  for (const jid of jids) lines.push(`lost: job ${jid}`);
  for (const [from, to] of stretches) lines.push(`not readable: rows ${from} to ${to} of the jobs`);
  for (const name of tables)
    lines.push(`not readable: ${name.startsWith('the ') ? name : `a part of ${name}`}`);
  if (missingLog) lines.push('lost: the newest jobs, which were in the missing log; how many is not known');
  return lines.length > 0 ? lines : ['nothing is lost'];
}
