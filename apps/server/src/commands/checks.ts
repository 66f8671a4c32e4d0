/*
 * What `faktory doctor` looks at on this machine: each check gives findings, and for what is wrong the way to put it right.
 * It must never change anything, but for a file in the data folder whose writes it times and which it removes.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FaktoryError, type Info } from '@faktory-ts/protocol';
import { DataFolder } from '@faktory-ts/server';
import { type Config, readConfig } from '../config.ts';
import type { Flags } from '../flags.ts';
import { jobsIn } from './data-folder.ts';
import { thousands } from './words.ts';

/** `wrong` needs doing; `warn` may be meant so. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'wrong';
  readonly what: string;
  readonly told: string;
  /** What to do. */
  readonly advice?: string;
}

const MB = 1024 * 1024;

export function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const told = `Node ${process.versions.node}`;
  if (major > 20 || (major === 20 && minor >= 19)) return { level: 'ok', what: 'node', told };
  return { level: 'wrong', what: 'node', told, advice: 'install Node 20.19 or later' };
}

/** The configuration as the server would read it; undefined when it cannot. */
export function configuration(
  flags: Flags,
  env: Readonly<Record<string, string | undefined>>,
): { findings: Finding[]; config: Config | undefined } {
  try {
    const config = readConfig(flags, { env, home: homedir, passwordFile: '/etc/faktory/password' });
    const findings = config.warnings.map((told): Finding => ({ level: 'warn', what: 'configuration', told }));
    const open = config.server.password === undefined;
    const told = `${config.environment}, ${open ? 'without a password' : 'with a password'}`;
    const outside = !['localhost', '127.0.0.1', '::1'].includes(config.binding.host);
    const exposed: Finding = {
      level: 'wrong',
      what: 'password',
      told: `anybody who reaches ${config.binding.text} can push and take jobs`,
      advice: 'set FAKTORY_PASSWORD, or bind to localhost',
    };
    findings.push({ level: 'ok', what: 'configuration', told }, ...(open && outside ? [exposed] : []));
    return { findings, config };
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    return { findings: [{ level: 'wrong', what: 'configuration', told: error.message }], config: undefined };
  }
}

/** Who may read what holds secrets: files with a group of their own are fine, the jobs are the server's alone. */
export function permissions(configDir: string, dataDir: string): Finding[] {
  if (process.platform === 'win32') return [];
  const conf = join(configDir, 'conf.d');
  const files = existsSync(conf) ? readdirSync(conf).map((name) => join(conf, name)) : [];
  const secrets = [...files, join(configDir, 'private.key.pem'), join(configDir, 'password')];
  const looked = [...secrets.map((path) => mode(path, 0o007, '640')), mode(dataDir, 0o077, '700')];
  return looked.filter((finding) => finding !== undefined);
}

function mode(path: string, forbidden: number, right: string): Finding | undefined {
  if (!existsSync(path)) return undefined;
  const given = statSync(path).mode & 0o777;
  const told = `${path} ${given.toString(8)}`;
  if ((given & forbidden) === 0) return { level: 'ok', what: 'permissions', told };
  const advice = `chmod ${right} ${path}`;
  return { level: 'wrong', what: 'permissions', told: `${told}: others can read it`, advice };
}

/** The data folder: whether it can be written, room, and how fast a write is safe. */
export function disk(dir: string): Finding[] {
  if (!existsSync(dir)) {
    const advice = 'the server makes it at its first start; correct -d when it should be there';
    return [{ level: 'warn', what: 'folder', told: `${dir} does not exist`, advice }];
  }
  const { bavail, blocks, bsize } = statfsSync(dir);
  const free = bavail * bsize;
  const told = `${thousands(Math.round(free / MB))} MB free on the disk of ${dir}`;
  const advice = 'make room: without any the server cannot take jobs';
  const share = bavail / Math.max(blocks, 1);
  const room: Finding['level'] = free < 200 * MB ? 'wrong' : free < 2048 * MB && share < 0.1 ? 'warn' : 'ok';
  return [{ level: room, what: 'space', told, ...(room !== 'ok' && { advice }) }, speed(dir)];
}

const TRIAL = 500; // ms

function speed(dir: string): Finding {
  const path = join(dir, `.doctor-${process.pid}`);
  try {
    const file = openSync(path, 'w', 0o600);
    const page = Buffer.alloc(4096);
    const started = performance.now();
    let syncs = 0;
    while (performance.now() - started < TRIAL) {
      writeSync(file, page);
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
    const advice = 'make the folder writable for the user that runs the server';
    return {
      level: 'wrong',
      what: 'disk',
      told: `cannot write to ${dir}: ${(error as Error).message}`,
      advice,
    };
  } finally {
    rmSync(path, { force: true });
  }
}

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

export function store(dir: string): Finding[] {
  if (!existsSync(join(dir, 'faktory.db'))) return [];
  try {
    const all = jobsIn(new DataFolder(dir).check());
    return [{ level: 'ok', what: 'store', told: `${join(dir, 'faktory.db')} is sound, with ${all} jobs` }];
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    return [{ level: 'wrong', what: 'store', told, advice: 'stop the server, faktory restore' }];
  }
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
