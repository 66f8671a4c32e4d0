/**
 * The checks of `faktory doctor` on this machine. Each returns findings, and for a problem the
 * advice. Nothing is changed, except for a temporary file in the data folder whose writes are
 * timed.
 */
import { lookup } from 'node:dns/promises';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FaktoryError, type Info } from '@faktory-ts/protocol';
import { type Backup, DataFolder, sqliteVersion, TokenFile } from '@faktory-ts/server';
import { barriers } from '../barred.ts';
import { type Config, readConfig } from '../config.ts';
import type { Flags } from '../flags.ts';
import { jobsIn } from './data-folder.ts';
import type { Finding } from './finding.ts';
import { certificate } from './secret-files.ts';
import { listed, storeAdvice } from './store-advice.ts';
import { counted, span, thousands } from './words.ts';

const MB = 1024 * 1024;

export function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const told = `Node ${process.versions.node}`;
  if (major > 20 || (major === 20 && minor >= 19)) return { level: 'ok', what: 'node', told };
  return { level: 'wrong', what: 'node', told, advice: 'install Node 20.19 or later' };
}

/** Without SQLite the store cannot be checked, and no server can start. */
export function sqlite(): Finding {
  try {
    return { level: 'ok', what: 'sqlite', told: `SQLite ${sqliteVersion()}` };
  } catch (error) {
    const advice =
      'use Node 22.16 or later, or install @faktory-ts/server again with its optional dependencies';
    return { level: 'wrong', what: 'sqlite', told: (error as Error).message, advice };
  }
}

/** Reads the configuration as the server would; undefined when it cannot be read. */
export function configuration(
  flags: Flags,
  env: Readonly<Record<string, string | undefined>>,
): { findings: Finding[]; config: Config | undefined } {
  try {
    const config = readConfig(flags, { env, home: homedir, passwordFile: '/etc/faktory/password' });
    const findings = config.warnings.map((told): Finding => ({ level: 'warn', what: 'configuration', told }));
    const told = `${config.environment}, ${asksFor(config.server.password) ? 'with' : 'without'} a password`;
    findings.push({ level: 'ok', what: 'configuration', told }, ...openness(config));
    if (config.server.tls) findings.push(certificate(config.server.tls.cert));
    return { findings, config };
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    return { findings: [{ level: 'wrong', what: 'configuration', told: error.message }], config: undefined };
  }
}

/** A list of passwords may be empty. */
const asksFor = (password: string | readonly string[] | undefined): boolean =>
  [password ?? []].flat().length > 0;

const isLocal = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

/** Checks that the host of StatsD is known; the server runs without it. */
export async function statsd(config: Config | undefined): Promise<Finding[]> {
  const wanted = config?.server.statsd;
  if (wanted === undefined) return [];
  const { host, port } = wanted;
  try {
    const { address } = await lookup(host);
    return [{ level: 'ok', what: 'statsd', told: `metrics go to ${host}:${port} (${address})` }];
  } catch (error) {
    const told = `the host ${host} is unknown (${(error as NodeJS.ErrnoException).code}), so no metrics are sent`;
    const advice = 'correct [statsd] location or DD_DOGSTATSD_URL, or the DNS';
    return [{ level: 'warn', what: 'statsd', told, advice }];
  }
}

/** Finds ports that other machines reach without a password. */
function openness({ binding, web, server }: Config): Finding[] {
  const hasTokens = server.dir !== undefined && existsSync(join(server.dir, 'tokens.json'));
  if (hasTokens || server.tls?.clientCa !== undefined) return [];
  const wire =
    !asksFor(server.password) && !isLocal(binding.host) && `${binding.text} can push and take jobs`;
  const asks = asksFor(server.webPassword) || asksFor(server.password);
  const pages = web && !asks && !isLocal(web.host) && `the pages at ${web.text} can see and change jobs`;
  return [wire, pages].filter(Boolean).map((what) => ({
    level: 'wrong',
    what: 'password',
    told: `open to the world: anybody who reaches ${what}`,
    advice: 'set FAKTORY_PASSWORD, or listen on localhost (-b localhost:7419, -w localhost:7420)',
  }));
}

/**
 * Finds paths that deny the server access. Root must have become the folder's owner before, because
 * the system denies root nothing.
 */
export function closed(dir: string): Finding[] {
  return barriers(dir).map(({ told, advice }) => ({ level: 'wrong', what: 'folder', told, advice }));
}

/**
 * Checks the data folder: writable, free space, speed of a sync. `reserve` is what the server keeps
 * free.
 */
export function disk(dir: string, reserve: number): Finding[] {
  return existsSync(dir) ? [space(dir, reserve), speed(dir)] : [missing(dir)];
}

/** A missing data folder. */
export function missing(dir: string): Finding {
  const advice = 'the server makes it at its first start; if it should exist, correct -d';
  return { level: 'warn', what: 'folder', told: `${dir} does not exist`, advice };
}

function space(dir: string, reserve: number): Finding {
  const { bavail, blocks, bsize } = statfsSync(dir);
  return room(dir, reserve, bavail * bsize, bavail / Math.max(blocks, 1));
}

/** Rates free bytes and their share of the disk. */
export function room(dir: string, reserve: number, free: number, share: number): Finding {
  const kept = reserve > 0 ? `, the reserve is ${megabytes(reserve)} MB` : '';
  const told = `${megabytes(free)} MB free on the disk of ${dir}${kept}`;
  if (free < Math.max(reserve, 1)) {
    const advice =
      reserve > 0 ? 'free disk space, or lower --disk-reserve: pushes are refused until then' : makeRoom;
    return { level: 'wrong', what: 'space', told, advice };
  }
  if (reserve === 0 && free < 200 * MB)
    return { level: 'warn', what: 'space', told: `${told}, there is no reserve`, advice: noReserve };
  if (free < 200 * MB && reserve < 200 * MB) return { level: 'wrong', what: 'space', told, advice: makeRoom };
  const near = free < reserve * 2 || (free < 2048 * MB && share < 0.1);
  return near
    ? { level: 'warn', what: 'space', told, advice: makeRoom }
    : { level: 'ok', what: 'space', told };
}

const noReserve =
  'free disk space, or set --disk-reserve: without a reserve the disk fills up, and then workers cannot acknowledge jobs either';
const makeRoom = 'free disk space: without it the server cannot accept jobs';
const megabytes = (bytes: number): string => thousands(Math.round(bytes / MB));

const TRIAL = 500; // ms
const TRIAL_PAGES = 16; // reused, so that the test cannot fill a disk that is nearly full

function speed(dir: string): Finding {
  const path = join(dir, `.doctor-${process.pid}`);
  try {
    const file = openSync(path, 'wx', 0o600); // never through a link
    const page = Buffer.alloc(4096);
    const started = performance.now();
    let syncs = 0;
    while (performance.now() - started < TRIAL) {
      writeSync(file, page, 0, page.length, (syncs % TRIAL_PAGES) * page.length);
      fdatasyncSync(file);
      syncs += 1;
    }
    closeSync(file);
    const rate = Math.round((syncs * 1000) / (performance.now() - started));
    const told = `${thousands(rate)} syncs a second`;
    const advice =
      'each commit waits for one sync; a local SSD does thousands. Or use --sync relaxed, which can lose the last second';
    if (rate >= 200) return { level: 'ok', what: 'disk', told };
    return { level: 'warn', what: 'disk', told, advice };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    const told = `cannot write to ${dir} (${code})`;
    return { level: 'wrong', what: 'folder', told, advice: unwritable[code] ?? 'see the log of the system' };
  } finally {
    rmSync(path, { force: true });
  }
}

const owner =
  'run this as the user that runs the server; when it is that user, give the folder to it (chown) or correct -d';
const unwritable: Readonly<Record<string, string>> = {
  EACCES: owner,
  EPERM: owner,
  EROFS: 'mount the disk writable, or choose another folder with -d',
  ENOSPC: makeRoom,
  EDQUOT: "raise the user's quota, or free disk space",
  EIO: 'the disk is failing: copy the folder elsewhere now, then replace the disk',
};

/** Checks that the limit of open files is enough for all allowed connections. */
export function descriptors(connections: number): Finding[] {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits')) ?? [];
  if (soft === undefined) return [];
  const needed = connections + 200;
  const told = `${soft} open files allowed, max-connections is ${connections}`;
  if (Number(soft) >= needed) return [{ level: 'ok', what: 'limits', told }];
  const advice = `ulimit -n ${needed}, or LimitNOFILE=${needed} in the unit of systemd`;
  return [{ level: 'wrong', what: 'limits', told, advice }];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // not Linux, which has this file
  }
}

/**
 * Reports a lock file that a running server has lost. A lost store or log is a finding of the
 * store.
 */
export function lock(dir: string): Finding[] {
  const lost = new DataFolder(dir).lostFiles().filter(({ kind }) => kind === 'lock_gone');
  return lost.map(({ path, advice }) => {
    const told = `${path} was deleted or replaced while the server runs`;
    return { level: 'wrong', what: 'lock', told, advice };
  });
}

/** Checks the store. Only when the folder is writable, because otherwise that is the cause. */
export function store(dir: string): Finding[] {
  const path = join(dir, 'faktory.db');
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  const folder = new DataFolder(dir);
  try {
    const all = jobsIn(folder.check());
    return [{ level: 'ok', what: 'store', told: `${path} is sound, with ${counted(all, 'job')}` }];
  } catch (error) {
    if ((error as { code?: unknown }).code === 'NOT_FOUND') return withoutStore(path, size, folder);
    const told = error instanceof Error ? error.message : String(error);
    return [{ level: 'wrong', what: 'store', told, ...storeAdvice(told, folder) }];
  }
}

/** A missing store is normal in a new folder, and lost when it has backups. */
function withoutStore(path: string, size: number | undefined, folder: DataFolder): Finding[] {
  const all = listed(folder);
  const newest = all.find(({ bad }) => bad === undefined) ?? all[0];
  if (newest) {
    const told = `${path} is ${size === 0 ? 'empty' : 'missing'}, and there are backups of it; the newest is ${newest.id}`;
    return [{ level: 'warn', what: 'store', told, advice: `faktory restore ${newest.id} -d ${folder.dir}` }];
  }
  if (size === undefined) return [];
  return [{ level: 'ok', what: 'store', told: `${path} is empty: no server has used it yet` }];
}

/** Reports a tokens.json with which no server starts. */
export function tokens(dir: string): Finding[] {
  if (!existsSync(join(dir, 'tokens.json'))) return [];
  try {
    const all = new TokenFile(dir, 'doctor').list().length;
    return [{ level: 'ok', what: 'tokens', told: `${all} in ${join(dir, 'tokens.json')}` }];
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    const [told = '', advice = ''] = error.message.split(/; (?=restore|make)/);
    return [{ level: 'wrong', what: 'tokens', told, advice }];
  }
}

/**
 * Checks the age of the newest backup. `every` in ms; undefined: the server makes none by itself.
 */
export function backups(dir: string, every: number | undefined): Finding[] {
  if (!existsSync(join(dir, 'faktory.db'))) return [];
  try {
    const all = new DataFolder(dir).backups();
    const newest = all.find(({ bad }) => bad === undefined);
    const bad = all.filter((one) => one.bad !== undefined).map(badBackup);
    if (!newest) {
      const told = `there is no backup in ${join(dir, 'backups')}`;
      if (every === undefined)
        return [
          {
            level: 'warn',
            what: 'backups',
            told,
            advice: `set FAKTORY_BACKUP_FREQUENCY, or run faktory backup -d ${dir}`,
          },
        ];
      return [
        {
          level: 'warn',
          what: 'backups',
          told,
          advice: 'the server makes the first one some minutes after its start',
        },
      ];
    }
    const age = Date.now() - Date.parse(newest.id.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
    const told = `the newest is ${newest.id}, ${span(age / 1000)} old`;
    if (every === undefined || age <= 2 * every) return [{ level: 'ok', what: 'backups', told }, ...bad];
    const advice = 'is the server running? Its log says why a backup failed; faktory backup makes one now';
    return [{ level: 'wrong', what: 'backups', told, advice }, ...bad];
  } catch (error) {
    const advice = 'move that file out of the folder of backups';
    return [{ level: 'wrong', what: 'backups', told: (error as Error).message, advice }];
  }
}

function badBackup({ id, bad = '' }: Backup): Finding {
  const advice = `it cannot be restored: move it out of the folder of backups, or delete it`;
  return { level: 'warn', what: 'backups', told: `${id} is bad: ${bad}`, advice };
}

const LATEST = 2000; // ms of accepted difference between two clocks

/**
 * Checks the clock, alone and against the server's. `asked` and `answered` are the times of INFO by
 * this clock.
 */
export function clock(info: Info | undefined, asked: number, answered: number): Finding {
  const now = new Date(answered).toISOString();
  const advice = 'set the clock, and let NTP keep it (timedatectl set-ntp true)';
  if (answered < Date.UTC(2026, 0))
    return { level: 'wrong', what: 'clock', told: `the time is ${now}`, advice };
  if (!info) return { level: 'ok', what: 'clock', told: now };
  const theirs = Date.parse(info.now);
  const off = Math.max(asked - theirs, theirs - answered, 0);
  const told = `${Math.round(off)} ms from the server's`;
  return off <= LATEST
    ? { level: 'ok', what: 'clock', told }
    : { level: 'wrong', what: 'clock', told, advice };
}
