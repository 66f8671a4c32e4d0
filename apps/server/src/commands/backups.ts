/**
 * `faktory backup | backups | verify | restore | purge`: backups of the store. With -d they work on
 * a data folder, and only `restore` needs the server to be stopped. `backup` and `backups` without
 * -d ask a running server.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Backup, DataFolder } from '@faktory-ts/server';
import { agreed, yesFlag } from './asking.ts';
import { type Call, command } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import { folderFlags, folderOf, jobsIn, withHint } from './data-folder.ts';
import { storeAdvice } from './store-advice.ts';
import { table } from './table.ts';
import { counted, jsonText, readNumber, thousands } from './words.ts';

const json = { json: { describe: 'print the result as JSON' } };
const tell = (backup: Backup): string =>
  `${backup.id}: ${counted(jobsIn(backup), 'job')}, ${thousands(Math.ceil(backup.bytes / 1000))} kB, checked`;

/** Works on the data folder; INT or TERM ends the process at once. */
function endable<T>(call: Call<'dir'>, work: (folder: DataFolder) => Promise<T>): Promise<T> {
  const folder = folderOf(call);
  return call.terminal.endable(() => work(folder));
}

/** Makes a backup. */
export const backup = command<ServerFlag | 'dir' | 'json'>({
  name: 'backup',
  synopsis: '',
  describe: 'makes a backup, of a running server or with -d of a data folder, and checks it',
  flags: { ...serverFlags, ...folderFlags, ...json },
  more: 'Backups are in backups/ of the data folder. With -d the server may be running.',
  async run(call) {
    const made =
      call.value('dir') === undefined
        ? await withServer(call, (server) => server.backup())
        : await endable(call, (folder) => folder.backup());
    call.terminal.print(call.on('json') ? jsonText(made) : tell(made));
  },
});

/** Lists the backups. */
export const backups = command<ServerFlag | 'dir' | 'json'>({
  name: 'backups',
  synopsis: '',
  describe: 'lists the backups of a running server, or with -d of a data folder',
  flags: { ...serverFlags, ...folderFlags, ...json },
  async run(call) {
    const { terminal } = call;
    const all =
      call.value('dir') === undefined
        ? await withServer(call, (server) => server.backups())
        : folderOf(call).backups();
    if (call.on('json')) terminal.print(jsonText(all, 2));
    else if (all.length === 0) terminal.note('there are no backups');
    else {
      const rows = all.map((one) => [
        one.id,
        jobsIn(one),
        one.jobs.ready,
        one.jobs.dead,
        one.bytes,
        one.format,
      ]);
      terminal.print(table(terminal, ['ID', 'JOBS', 'READY', 'DEAD', 'BYTES', 'FORMAT'], rows));
      for (const { id, bad } of all) if (bad) terminal.note(`${id} cannot be used: ${bad}`);
    }
  },
});

/** Warnings about unusable backups that are newer than the chosen one. */
function passedOver(all: readonly Backup[], { id }: Backup): string[] {
  const newer = all.filter((one) => one.bad !== undefined && one.id > id);
  return newer.map((one) => `the newer backup ${one.id} cannot be used: ${one.bad}`);
}

/** Checks the store; the error of a damaged store says what to do. */
function checked(folder: DataFolder): ReturnType<DataFolder['check']> {
  try {
    return folder.check();
  } catch (cause) {
    if (!(cause instanceof FaktoryError)) throw cause;
    const { advice } = storeAdvice(cause.message, folder);
    if (advice === undefined || cause.message.includes('faktory salvage')) throw cause;
    throw new FaktoryError(cause.code, `${cause.message}; ${advice}`, { cause });
  }
}

interface Asked {
  verify(id?: string): Promise<Backup>;
  backups(): Promise<Backup[]>;
}

/** Checks a backup. */
export const verify = command<ServerFlag | 'dir' | 'store' | 'json'>({
  name: 'verify',
  synopsis: '[ID]',
  describe: 'checks that a backup (default: the newest) can be restored, or that the store is sound',
  flags: {
    ...serverFlags,
    ...folderFlags,
    store: { describe: 'check the store instead of a backup; only with -d' },
    ...json,
  },
  words: [0, 1],
  more: 'With --url the running server checks its own backup; without it the command works on the data folder.',
  async run(call) {
    const { terminal, words } = call;
    const url = call.value('url');
    if (url !== undefined && (call.on('store') || call.value('dir') !== undefined))
      throw new FaktoryError(
        'CONFIG',
        '--url uses a server, -d and --store use a data folder: give only one of them',
      );
    if (call.on('store')) {
      const folder = folderOf(call);
      const found = await terminal.endable(() => checked(folder));
      terminal.print(call.on('json') ? jsonText(found) : `the store is sound: ${jsonText(found.jobs)}`);
      return;
    }
    const look = async (of: Pick<DataFolder, 'verify' | 'backups'> | Asked) => {
      const proved = await of.verify(words[0]);
      return { proved, passed: words[0] === undefined ? passedOver(await of.backups(), proved) : [] };
    };
    const { proved, passed } = await (url === undefined
      ? withHint(call, () => endable(call, look))
      : withServer(call, look));
    terminal.print(call.on('json') ? jsonText(proved) : tell(proved));
    if (passed.length > 0) throw new FaktoryError('STORAGE', passed.join('; '));
  },
});

/** Replaces the store with a backup. */
export const restore = command<'dir' | 'yes' | 'json'>({
  name: 'restore',
  synopsis: '[ID]',
  describe: 'replaces the store with a backup (default: the newest); the server must be stopped',
  flags: { ...folderFlags, ...yesFlag, ...json },
  words: [0, 1],
  more: 'The current store is moved to replaced-… in the data folder, not deleted.',
  async run(call) {
    const folder = folderOf(call);
    const { terminal } = call;
    folder.checkFree('whatever it is'); // before the question
    const chosen = await terminal.endable(() => folder.verify(call.words[0]));
    if (call.words[0] === undefined)
      for (const text of passedOver(folder.backups(), chosen)) terminal.note(text);
    if (!(await agreed(call, `Restore ${tell(chosen)}, in ${folder.dir}?`))) return;
    const { aside } = await terminal.endable(() => folder.restore(chosen.id));
    if (call.on('json')) {
      terminal.print(jsonText({ restored: chosen, aside: aside ?? null }));
      return;
    }
    terminal.print(`restored ${tell(chosen)}`);
    if (aside !== undefined) terminal.print(`the previous store is now in ${aside}`);
  },
});

/** Deletes old backups. */
export const purge = command<'dir' | 'yes' | 'json'>({
  name: 'purge',
  synopsis: '[KEEP]',
  describe: 'deletes old backups; keeps the newest KEEP (default 24)',
  flags: { ...folderFlags, ...yesFlag, ...json },
  words: [0, 1],
  async run(call) {
    const folder = folderOf(call);
    const { terminal } = call;
    const keep = readNumber('KEEP', call.words[0] ?? '24', 1, 100_000);
    const old = folder.outdated(keep);
    if (old.length === 0) {
      terminal.print(call.on('json') ? '[]' : 'there are no older backups');
      return;
    }
    const question = `Delete ${counted(old.length, 'backup')}, ${old[0]?.id} and older?`;
    if (!(await agreed(call, question))) return;
    const gone = folder.purge(keep);
    terminal.print(call.on('json') ? jsonText(gone) : `${counted(gone.length, 'backup')} deleted`);
  },
});
