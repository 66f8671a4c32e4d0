/**
 * `faktory import`: loads the jobs of a Faktory 1.x, from its Redis or from a file that its Redis
 * saved. First it reads everything, prints what it found, and asks. It never writes to the Redis.
 * An import is one commit: all or nothing.
 */
import { join } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import type { DataFolder, Loaded } from '@faktory-ts/server';
import { type Contents, contentsOf } from '../import/keys.ts';
import { RdbSource } from '../import/rdb/rdb-source.ts';
import { linesOf, Tally } from '../import/records.ts';
import { redisAddress } from '../import/redis-address.ts';
import { takeSnapshot } from '../import/redis-snapshot.ts';
import { Rejects } from '../import/rejects.ts';
import { type Findings, findings, report } from '../import/report.ts';
import type { Source } from '../import/source.ts';
import { agreed, yesFlag } from './asking.ts';
import { type Call, command } from './command.ts';
import { folderFlags, folderOf } from './data-folder.ts';
import { counted, jsonText, plain, readNumber, thousands } from './words.ts';

type Names = 'dir' | 'database' | 'dry-run' | 'merge' | 'yes' | 'json';

export const importing = command<Names>({
  name: 'import',
  synopsis: 'FILE.rdb|redis://…|unix:/SOCKET',
  describe: 'imports all jobs of a Faktory 1.x into the store, all or none; the server must be stopped',
  flags: {
    ...folderFlags,
    database: { value: 'NUMBER', describe: 'number of the Redis database', normal: "the URL's, else 0" },
    'dry-run': { describe: 'only print what was found and what would be done' },
    merge: {
      describe: 'import into a store that is in use; skips jobs whose jid is in it, and all counters',
    },
    ...yesFlag,
    json: { describe: 'print what was found and done as JSON; messages go to standard error' },
  },
  words: [1, 1],
  more: `FILE.rdb          the file that Redis saved in the storage folder of Faktory; stop Faktory first, so that it is complete
redis://…         a running Redis: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS
unix:/SOCKET      the same over the socket in the storage folder of Faktory, with ?user=USER&password=PASSWORD&db=DATABASE as needed. Both read one moment, and Faktory may keep running:
                  jobs that its workers run after that moment run here again

Faktory's data is only read. Jobs that cannot be imported are written to rejected-….jsonl in the data folder.

  faktory import /var/lib/faktory/db/faktory.rdb --dry-run
  faktory import /var/lib/faktory/db/faktory.rdb -d /var/lib/faktory-ts`,
  async run(call) {
    const source = await sourceOf(call); // before folderOf: only root may be able to read it
    try {
      const folder = folderOf(call, 'may be made');
      if (!call.on('dry-run')) {
        folder.checkFree();
        checkUnused(call, folder);
      }
      await importFrom(source, call, folder);
    } finally {
      await source.close();
    }
  },
});

async function importFrom(source: Source, call: Call<Names>, folder: DataFolder): Promise<void> {
  const { terminal } = call;
  const json = call.on('json');
  const found = await survey(source, call);
  const { jobs } = found;
  if (call.on('dry-run')) {
    const text = `\nNothing was imported. Without --dry-run, ${counted(jobs, 'job')} would go into ${folder.dir}`;
    terminal.print(json ? jsonText({ folder: folder.dir, found, imported: null }, 2) : text);
    return;
  }
  if (!(await agreed(call, `Import ${counted(jobs, 'job')} into ${folder.dir}?`))) return;
  const rejects = new Rejects(
    join(folder.dir, `rejected-${new Date().toISOString().replaceAll(':', '-')}.jsonl`),
  );
  let loaded: Loaded | undefined;
  try {
    loaded = await load(source, call, folder, rejects, jobs);
  } finally {
    rejects.close(loaded !== undefined);
  }
  if (json) {
    const rejected = { jobs: rejects.count, file: rejects.path ?? null };
    const imported = { jobs: loaded.jobs, skipped: loaded.skipped, rejected };
    terminal.print(jsonText({ folder: folder.dir, found, imported }, 2));
  } else tell(call, folder, loaded, rejects);
}

function tell({ terminal }: Call, folder: DataFolder, loaded: Loaded, rejects: Rejects): void {
  const known = loaded.skipped > 0 ? `, ${thousands(loaded.skipped)} skipped` : '';
  terminal.print(`${counted(loaded.jobs, 'job')} imported into ${folder.dir}${known}`);
  if (rejects.path !== undefined) {
    terminal.print(
      `${counted(rejects.count, 'job')} could not be imported: ${rejects.path} has them, with the reasons`,
    );
  }
  terminal.print(`Next: keep Faktory stopped, and start the server: faktory -d ${folder.dir}`);
}

/** Reads everything once, and prints what was found. */
async function survey(source: Source, call: Call<Names>): Promise<Findings> {
  const { terminal } = call;
  const tally = new Tally((jobs) => terminal.screen?.progress(`read ${thousands(jobs)} jobs …`));
  const rejects = new Rejects();
  const contents = await contentsOf(source);
  if (isEmpty(contents)) {
    const where = `no data of a Faktory is in ${source.name}`;
    throw new FaktoryError(
      'NOT_FOUND',
      [`${where}; is it the right one, with the right --database?`, ...contents.odd].join('; '),
    );
  }
  for await (const _ of linesOf({ source, contents, tally, rejects, counters: true }));
  terminal.screen?.progress('');
  const say = (text: string): void => (call.on('json') ? terminal.note(text) : terminal.print(text));
  report(terminal, say, contents, tally, rejects);
  return findings(contents, tally, rejects);
}

const isEmpty = ({ queues, sets, days, totals }: Contents): boolean =>
  queues.length + sets.size + days.length + totals.processed === 0;

async function load(
  source: Source,
  call: Call<Names>,
  folder: DataFolder,
  rejects: Rejects,
  all: number,
): Promise<Loaded> {
  const { screen } = call.terminal;
  const tally = new Tally((jobs) =>
    screen?.progress(`loaded ${thousands(jobs)} of ${thousands(all)} jobs …`),
  );
  const merge = call.on('merge');
  let fault: unknown;
  const lines = async function* (): AsyncGenerator<string> {
    try {
      checkUnused(call, folder); // again, because now no other process can change it
      const contents = await contentsOf(source);
      yield* linesOf({ source, contents, tally, rejects, counters: !merge });
    } catch (error) {
      fault = error;
      throw error;
    }
  };
  try {
    return await folder.load(lines(), { skipKnown: merge });
  } catch (error) {
    if (fault instanceof FaktoryError) {
      throw new FaktoryError(fault.code, `${fault.message}; nothing was imported`, { cause: fault });
    }
    throw fault ?? error;
  } finally {
    screen?.progress('');
  }
}

/** Refuses a store that has jobs or has run some, because a second import would run jobs again. */
function checkUnused(call: Call<Names>, folder: DataFolder): void {
  if (call.on('merge') || !isUsed(folder)) return;
  const text = `the store in ${folder.dir} is in use already; choose an empty folder with -d, or use --merge to skip jobs whose jid is in it`;
  throw new FaktoryError('INVALID', text);
}

function isUsed(folder: DataFolder): boolean {
  try {
    for (const line of folder.dump()) {
      if (line.startsWith('{"kind":"job"')) return true;
      if (line.startsWith('{"kind":"totals"'))
        return (JSON.parse(line) as { processed: number }).processed > 0;
    }
  } catch (error) {
    if (error instanceof FaktoryError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
  return false;
}

/**
 * Why a snapshot cannot be read; the Redis may be newer than this program and have unknown types of
 * values.
 */
async function unreadable(snapshot: RdbSource): Promise<string | undefined> {
  try {
    await snapshot.keys(() => true);
    return undefined;
  } catch (error) {
    if (!(error instanceof FaktoryError) || error.code !== 'MALFORMED') throw error;
    await snapshot.close();
    return error.message;
  }
}

async function sourceOf(call: Call<Names>): Promise<Source> {
  const [where = ''] = call.words;
  const { signal } = call.terminal;
  const asked = call.value('database');
  const database = asked === undefined ? undefined : readNumber('database', asked, 0, 1_000_000);
  if (!/^[a-z][a-z+]*:/i.test(where)) return new RdbSource(where, database ?? 0, signal);
  const address = { ...redisAddress(where), ...(database !== undefined && { database }) };
  const { screen } = call.terminal;
  const snapshot = await takeSnapshot(address, signal, (bytes) =>
    screen?.progress(`read ${thousands(Math.round(bytes / 1_000_000))} MB …`),
  );
  screen?.progress('');
  const reason = 'reason' in snapshot ? snapshot.reason : await unreadable(snapshot);
  if (!('reason' in snapshot) && reason === undefined) return snapshot;
  // the Redis client, which only this needs
  const { RedisSource } = await import('../import/redis-source.ts');
  const source = await RedisSource.open(address, signal);
  call.terminal.note(
    `this Redis gives no snapshot (${plain(reason ?? '')}), so it is read key by key and must not change meanwhile; stop Faktory, all workers and producers`,
  );
  return source;
}
