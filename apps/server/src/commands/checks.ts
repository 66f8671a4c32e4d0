/*
 * What `faktory doctor` looks at on this machine: each check gives findings, and for what is wrong the way to put it right.
 * It must never change anything, but for a file in the data folder whose writes it times and which it removes.
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

/** Without SQLite nothing about the store can be said, nor a server be started. */
export function sqlite(): Finding {
  try {
    return { level: 'ok', what: 'sqlite', told: `SQLite ${sqliteVersion()}` };
  } catch (error) {
    const advice =
      'use Node 22.16 or later, or install @faktory-ts/server again with its optional dependencies';
    return { level: 'wrong', what: 'sqlite', told: (error as Error).message, advice };
  }
}

/** The configuration as the server would read it; undefined when it cannot. */
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

/** Whether the host of StatsD is known; the server goes on without. */
export async function statsd(config: Config | undefined): Promise<Finding[]> {
  const wanted = config?.server.statsd;
  if (wanted === undefined) return [];
  const { host, port } = wanted;
  try {
    const { address } = await lookup(host);
    return [{ level: 'ok', what: 'statsd', told: `figures go to ${host}:${port} (${address})` }];
  } catch (error) {
    const told = `the host ${host} is not known (${(error as NodeJS.ErrnoException).code}), so no figures are sent`;
    const advice = 'correct [statsd] location or DD_DOGSTATSD_URL, or the DNS';
    return [{ level: 'warn', what: 'statsd', told, advice }];
  }
}

/** What other machines reach and nobody is asked at. */
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

/** What keeps the server out of its data folder. Root must have become the folder's owner before: the system refuses root nothing. */
export function closed(dir: string): Finding[] {
  return barriers(dir).map(({ told, advice }) => ({ level: 'wrong', what: 'folder', told, advice }));
}

/** The data folder: whether it can be written, room, and how fast a write is safe. `reserve` is what the server keeps free. */
export function disk(dir: string, reserve: number): Finding[] {
  return existsSync(dir) ? [space(dir, reserve), speed(dir)] : [missing(dir)];
}

/** A data folder that is not there. */
export function missing(dir: string): Finding {
  const advice = 'the server makes it at its first start; correct -d when it should be there';
  return { level: 'warn', what: 'folder', told: `${dir} does not exist`, advice };
}

function space(dir: string, reserve: number): Finding {
  const { bavail, blocks, bsize } = statfsSync(dir);
  return room(dir, reserve, bavail * bsize, bavail / Math.max(blocks, 1));
}

/** What so many free bytes, and this share of the disk, mean. */
export function room(dir: string, reserve: number, free: number, share: number): Finding {
  const kept = reserve > 0 ? `, the reserve is ${megabytes(reserve)} MB` : '';
  const told = `${megabytes(free)} MB free on the disk of ${dir}${kept}`;
  if (free < Math.max(reserve, 1)) {
    const advice =
      reserve > 0 ? 'make room, or lower --disk-reserve: pushes are refused until then' : makeRoom;
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
  'make room, or set --disk-reserve: without a reserve the disk fills up, and then workers cannot acknowledge jobs either';
const makeRoom = 'make room: without any the server cannot take jobs';
const megabytes = (bytes: number): string => thousands(Math.round(bytes / MB));

const TRIAL = 500; // ms
const TRIAL_PAGES = 16; // written over and over: a fast disk that is nearly full must not be filled by the trial

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
      'each commit waits for one: a local SSD does thousands; or start with --sync relaxed, which may lose the last second';
    if (rate >= 200) return { level: 'ok', what: 'disk', told };
    return { level: 'warn', what: 'disk', told, advice };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    const told = `cannot write to ${dir} (${code})`;
    return { level: 'wrong', what: 'folder', told, advice: unwritable[code] ?? 'see what the disk reports' };
  } finally {
    rmSync(path, { force: true });
  }
}

const owner =
  'run this as the user that runs the server; when it is that user, give the folder to it (chown) or correct -d';
const unwritable: Readonly<Record<string, string>> = {
  EACCES: owner,
  EPERM: owner,
  EROFS: 'mount the disk so that it can be written, or choose another folder with -d',
  ENOSPC: makeRoom,
  EDQUOT: "raise the user's quota, or make room",
  EIO: 'the disk fails: copy the folder elsewhere now, then replace the disk',
};

/** Whether as many connections as are allowed can be open. */
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
    return ''; // not Linux: there is no such file
  }
}

/** The lock that the server of the folder lost. A lost store or log is a finding of the store. */
export function lock(dir: string): Finding[] {
  const lost = new DataFolder(dir).lostFiles().filter(({ kind }) => kind === 'lock_gone');
  return lost.map(({ path, advice }) => {
    const told = `${path} was deleted or replaced while the server runs`;
    return { level: 'wrong', what: 'lock', told, advice };
  });
}

/** The store itself. Only where the folder can be written: else that is the cause. */
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

/** A store that is not there is right in a new folder, and lost where there are backups of it. */
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

/** A tokens.json that no server starts with. */
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

/** Whether backups are made as often as they should be. `every` in ms; undefined: the server makes none by itself. */
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

const LATEST = 2000; // ms that two clocks may differ

/** The clock, by itself and beside the server's. `asked` and `answered` are when INFO was, by this clock. */
export function clock(info: Info | undefined, asked: number, answered: number): Finding {
  const now = new Date(answered).toISOString();
  const advice = 'set the clock, and let NTP keep it (timedatectl set-ntp true)';
  if (answered < Date.UTC(2026, 0)) return { level: 'wrong', what: 'clock', told: `it says ${now}`, advice };
  if (!info) return { level: 'ok', what: 'clock', told: now };
  const theirs = Date.parse(info.now);
  const off = Math.max(asked - theirs, theirs - answered, 0);
  const told = `${Math.round(off)} ms from the server's`;
  return off <= LATEST
    ? { level: 'ok', what: 'clock', told }
    : { level: 'wrong', what: 'clock', told, advice };
}
