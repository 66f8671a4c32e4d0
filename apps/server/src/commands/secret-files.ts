/**
 * The checks of `faktory doctor` on files with secrets and on certificates: who can read the files,
 * whether the server's user can, and how long each certificate is valid.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './finding.ts';

const EARLY = 30 * 86_400_000; // ms; the server warns at the same time
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Checks the validity of the server's certificate and of its chain. The first to expire counts. */
export function certificate(pem: string | Buffer, now = Date.now()): Finding {
  const chain = (pem.toString().match(CERTIFICATES) ?? [pem.toString()]).map(
    (one) => new X509Certificate(one),
  );
  const ends = chain.map(({ validTo }) => Date.parse(validTo));
  const at = ends.indexOf(Math.min(...ends));
  const { validTo = '', subject = '' } = chain[at] ?? {};
  const which = at === 0 ? 'it' : `certificate ${at + 1} of its chain (${subject.replaceAll('\n', ', ')})`;
  const what = 'certificate';
  const early = chain.findIndex(({ validFrom }) => Date.parse(validFrom) > now);
  if (early >= 0) return notYet(chain[early]?.validFrom ?? '', early, now);
  const left = Math.min(...ends) - now;
  const advice = 'renew it and send HUP to the server';
  if (left < 0)
    return { level: 'wrong', what, told: `${which} expired: ${validTo}; clients refuse it`, advice };
  const told = `${which} expires: ${validTo}`;
  return left < EARLY ? { level: 'warn', what, told, advice } : { level: 'ok', what, told };
}

function notYet(validFrom: string, at: number, now: number): Finding {
  const which = at === 0 ? 'it' : `certificate ${at + 1} of its chain`;
  const told = `${which} is valid only from ${validFrom}, and this machine's clock is at ${new Date(now).toUTCString()}; clients refuse it`;
  const advice = 'set the clock, or use another certificate and send HUP to the server';
  return { level: 'wrong', what: 'certificate', told, advice };
}

/**
 * Checks who can read files with secrets. A group may read configuration files; only the server may
 * read the jobs.
 */
export function permissions(configDir: string, dataDir: string): Finding[] {
  if (process.platform === 'win32') return [];
  const conf = join(configDir, 'conf.d');
  const files = existsSync(conf) ? readdirSync(conf).map((name) => join(conf, name)) : [];
  const secrets = [...files, join(configDir, 'private.key.pem'), join(configDir, 'password')];
  const user = serverUser(dataDir);
  const looked = [...secrets.map((path) => ofSecret(path, user)), ofFolder(dataDir), ...ofData(dataDir)];
  return looked.filter((finding) => finding !== undefined);
}

function ofFolder(path: string): Finding | undefined {
  const found = unlessBarred(() => statSync(path, { throwIfNoEntry: false }));
  if (!found) return undefined;
  const told = `${path} ${modeOf(found).toString(8)}`;
  if ((modeOf(found) & 0o077) === 0) return { level: 'ok', what: 'permissions', told };
  return {
    level: 'wrong',
    what: 'permissions',
    told: `${told}: others can read it`,
    advice: `chmod 700 ${path}`,
  };
}

const dataFiles = /^(?:faktory\.|audit\.log|(?:tokens|sessions)\.json)/;

/** Finds files in the data folder and its backups that other users can read or write. */
function ofData(dir: string): Finding[] {
  const inFolder = namesIn(dir).filter((name) => dataFiles.test(name));
  const paths = [
    ...inFolder,
    'backups',
    ...namesIn(join(dir, 'backups')).map((name) => join('backups', name)),
  ];
  return paths
    .map((name) => join(dir, name))
    .flatMap((path): Finding[] => {
      const found = unlessBarred(() => lstatSync(path, { throwIfNoEntry: false }));
      if (!found || found.isSymbolicLink() || (modeOf(found) & 0o007) === 0) return [];
      const told = `${path} ${modeOf(found).toString(8)}: others can read or write it`;
      const advice = `chmod ${found.isDirectory() ? 700 : 600} ${path}; the server also does it at its start`;
      return [{ level: 'wrong', what: 'permissions', told, advice }];
    });
}

/** Returns undefined in a folder that this user may not read: that folder has its own finding. */
function unlessBarred<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // missing, or not readable, which has its own finding
  }
}

function ofSecret(path: string, user: ServerUser | undefined): Finding | undefined {
  const found = unlessBarred(() => statSync(path, { throwIfNoEntry: false }));
  if (!found) return undefined;
  const told = `${path} ${modeOf(found).toString(8)}`;
  if ((modeOf(found) & 0o007) !== 0) {
    const advice = cure(path, found, user);
    return { level: 'wrong', what: 'permissions', told: `${told}: others can read it`, advice };
  }
  if (user === undefined || isReadable(found, user)) return { level: 'ok', what: 'permissions', told };
  const text = `${told}: the server's user ${user.name} cannot read it, at a reload at the latest`;
  return { level: 'warn', what: 'permissions', told: text, advice: cure(path, found, user) };
}

const modeOf = ({ mode }: Stats): number => mode & 0o777;

/**
 * The command that denies others access and keeps it for the server: by its group, when another
 * user owns the file.
 */
function cure(path: string, { uid, gid }: Stats, user: ServerUser | undefined): string {
  const readable = user === undefined || uid === user.uid || user.gids.includes(gid);
  return readable ? `chmod 640 ${path}` : `chown root:${user.group} ${path} && chmod 640 ${path}`;
}

function isReadable(file: Stats, { uid, gids }: ServerUser): boolean {
  return file.uid === uid ? (file.mode & 0o400) !== 0 : gids.includes(file.gid) && (file.mode & 0o040) !== 0;
}

/** The user of the server: the owner of the data folder. */
interface ServerUser {
  readonly uid: number;
  readonly name: string;
  /** The name of its own group. */
  readonly group: string;
  readonly gids: readonly number[];
}

/** Undefined for root, who can read everything, and for a user that the system does not know. */
function serverUser(dataDir: string): ServerUser | undefined {
  const uid = unlessBarred(() => statSync(dataDir, { throwIfNoEntry: false })?.uid);
  if (uid === undefined || uid === 0) return undefined;
  const [name = '', , , own = ''] = linesOf('/etc/passwd').find((line) => line[2] === String(uid)) ?? [];
  const groups = linesOf('/etc/group');
  const group = groups.find((line) => line[2] === own)?.[0];
  if (name === '' || group === undefined) return undefined;
  const others = groups.filter((line) => line[3]?.split(',').includes(name)).map((line) => Number(line[2]));
  return { uid, name, group, gids: [Number(own), ...others] };
}

function linesOf(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return []; // the system stores users elsewhere
  }
}
