/**
 * What a server can be told, with the defaults, checked in one place before anything is opened.
 */
import { FaktoryError, type Micros, nowMicros } from '@faktory-ts/protocol';
import { type FieldsFirstLogger, type Logger, loggerOf } from './log.ts';
import { checkTls, type Tls } from './tls.ts';

/** How StatsD is told; the names of the figures are Faktory Enterprise's. */
export interface StatsdOptions {
  readonly host: string;
  readonly port: number;
  /** Before each name. Default `faktory.`. */
  readonly namespace?: string;
  /** `name:value`, with each figure. Default none. */
  readonly tags?: readonly string[];
  /** Queues whose latency is told by a name of its own too (`latency.QUEUE`). Default none. */
  readonly queueLatency?: readonly string[];
}

/** Options of `createServer`; all may be left out. */
export interface ServerOptions {
  /** Data folder, made when absent. Default: a fresh temporary folder that `stop` removes. */
  readonly dir?: string;
  /** Address of the command port; empty means all interfaces. Default `127.0.0.1`. */
  readonly host?: string;
  /** Command port; 0 means a free one. Default 0. */
  readonly port?: number;
  /**
   * HTTP: the web UI, its API, `/health`, `/stats` and `/metrics`; false means none. `redact` names argument values that it does not show:
   * `password` a member of that name in any job, `SendEmail:password` in those of a jobtype, `SendEmail:0` the first argument,
   * `SendEmail` all of them. `proxies` are addresses, or blocks such as `10.0.0.0/8`, that are believed when they say in X-Forwarded-For
   * for whom they ask. `hosts` are names by which browsers may open it where there is no password, beside localhost, addresses and the
   * name it listens on. Default false.
   */
  readonly http?:
    | {
        readonly host?: string;
        readonly port?: number;
        readonly redact?: readonly string[];
        readonly proxies?: readonly string[];
        readonly hosts?: readonly string[];
      }
    | false;
  /** What clients must know; of several, any one. Default: nothing is asked. */
  readonly password?: string | readonly string[];
  /** What HTTP clients must know (Basic authentication, any user); of several, any one. Default: `password`. */
  readonly webPassword?: string | readonly string[];
  /**
   * Whether it may listen where other machines reach it and ask for nothing: no password, no token, no client certificate. Default false:
   * `start` rejects with CONFIG then.
   */
  readonly openToNetwork?: boolean;
  /** TLS 1.2 or later on both ports. Default: none, commands and jobs travel in the clear. */
  readonly tls?: Tls;
  /** When a commit is on disk: `full` before its replies leave, `relaxed` within a second, `off`: no fsync, a power cut can lose accepted jobs. Default `full`. */
  readonly sync?: 'full' | 'relaxed' | 'off';
  /** INFO's `server.description`; clients switch on it. Default `Faktory`. */
  readonly description?: string;
  /** Longest command line in bytes. Default 8 MiB. */
  readonly maxLineBytes?: number;
  /** Most clients at once. Default 2,000. */
  readonly maxConnections?: number;
  /** Most connections that have not said HELLO yet. Default 1,000. */
  readonly maxUnauthenticated?: number;
  /** Milliseconds a connection has for its HELLO (an HTTP request has five times as long). Default 2,000. */
  readonly handshakeTimeout?: number;
  /** Most jobs in one PUSHB. Default 10,000. */
  readonly maxBulkJobs?: number;
  /**
   * Backups of the store, in `backups/` of the data folder: milliseconds from one to the next (default one hour, at least five
   * minutes), and how many are kept (default 24). Default false: none are made by themselves.
   */
  readonly backups?: { readonly every?: number; readonly keep?: number } | false;
  /** Where figures are sent in StatsD's format, by UDP. Default: nowhere. */
  readonly statsd?: StatsdOptions;
  /** Whether clients may ask for what goes beyond Faktory's protocol (EXT). Default true. */
  readonly extensions?: boolean;
  /** Milliseconds after its last beat until a worker that asked for a lease loses its jobs. Default 15,000. */
  readonly workerTimeout?: number;
  /**
   * A job whose worker is lost this often, while it holds no other job, goes to dead. Losses that jobs share use no attempt; after ten
   * losses of any kind a job is dead. Default 3.
   */
  readonly maxWorkerLosses?: number;
  /** Most failed executions that are kept of each job, the newest and the first one; 0 means none. Default 10. */
  readonly attempts?: number;
  /** Most ready jobs in one queue; 0 means no limit. Default 0. */
  readonly maxQueueLength?: number;
  /** Most queues, those with only scheduled jobs too; jobs for a new one are refused. 0 means no limit. Default 10,000. */
  readonly maxQueues?: number;
  /** Most dead entries, the oldest leave first; 0 means no limit. Default 10,000. */
  readonly deadLimit?: number;
  /** Bytes of the disk that are kept free: below, pushes are refused until there is more again; 0 means none. Default 0. */
  readonly diskReserve?: number;
  /** Bytes of replies a client may leave unread before it is no longer served. Default 1 MiB. */
  readonly maxUnsentBytes?: number;
  /** Milliseconds after which a client that still reads nothing is closed. Default 30,000. */
  readonly unsentTimeout?: number;
  /** `console`, pino, bunyan, winston …: any logger with `debug`, `info`, `warn` and `error`. Default: silent. */
  readonly log?: Logger | FieldsFirstLogger;
  /** The time in microseconds; for tests. Default: the wall clock. */
  readonly clock?: () => Micros;
  /** A clock in microseconds that only goes forward, for lengths; for tests. Default: `clock` if that is given, else the process's own. */
  readonly steady?: () => Micros;
}

const LONGEST_TIMER = 2_147_483_647; // ms; beyond it Node's timers fire at once

const MOST_ATTEMPTS = 100;
const HOUR = 3_600_000; // ms
/** How many backups are kept where nothing else is said. */
export const KEPT_BACKUPS = 24;
const LEAST_BETWEEN_BACKUPS = 300_000; // ms; a backup of a large store takes minutes

/** The options with every default filled. */
export type Settings = ReturnType<typeof settle>;

/** Fills the defaults. Throws CONFIG, naming the option that makes no sense. */
export function settle(options: ServerOptions) {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new FaktoryError('CONFIG', "the options must be an object: createServer({ dir: './data' })");
  const settings = {
    dir: options.dir,
    host: options.host ?? '127.0.0.1',
    port: whole('port', options.port ?? 0, 0, 65_535),
    tls: checkTls(options.tls),
    http: httpOf(options.http),
    password: options.password,
    webPassword: options.webPassword,
    secrets: secretsOf(options),
    openToNetwork: options.openToNetwork ?? false,
    sync: options.sync ?? 'full',
    description: options.description ?? 'Faktory',
    maxLineBytes: whole('maxLineBytes', options.maxLineBytes ?? 8 * 1024 * 1024, 1024),
    maxConnections: whole('maxConnections', options.maxConnections ?? 2000, 1),
    maxUnauthenticated: whole('maxUnauthenticated', options.maxUnauthenticated ?? 1000, 1),
    handshakeTimeout: whole('handshakeTimeout', options.handshakeTimeout ?? 2000, 1, LONGEST_TIMER),
    maxBulkJobs: whole('maxBulkJobs', options.maxBulkJobs ?? 10_000, 1),
    backups: options.backups ? backupPlan(options.backups) : undefined,
    statsd: options.statsd,
    extensions: options.extensions ?? true,
    workerTimeout: whole('workerTimeout', options.workerTimeout ?? 15_000, 1000, LONGEST_TIMER),
    maxWorkerLosses: whole('maxWorkerLosses', options.maxWorkerLosses ?? 3, 1),
    attempts: whole('attempts', options.attempts ?? 10, 0, MOST_ATTEMPTS),
    maxQueueLength: whole('maxQueueLength', options.maxQueueLength ?? 0, 0),
    maxQueues: whole('maxQueues', options.maxQueues ?? 10_000, 0),
    deadLimit: whole('deadLimit', options.deadLimit ?? 10_000, 0),
    diskReserve: whole('diskReserve', options.diskReserve ?? 0, 0),
    maxUnsentBytes: whole('maxUnsentBytes', options.maxUnsentBytes ?? 1024 * 1024, 1024),
    unsentTimeout: whole('unsentTimeout', options.unsentTimeout ?? 30_000, 1, LONGEST_TIMER),
    log: loggerOf(options.log),
    clock: options.clock ?? nowMicros,
    steady: options.steady ?? options.clock,
  };
  if (!['full', 'relaxed', 'off'].includes(settings.sync)) {
    throw new FaktoryError('CONFIG', `sync must be full, relaxed or off, not ${String(settings.sync)}`);
  }
  return settings;
}

function backupPlan({ every = HOUR, keep = KEPT_BACKUPS }: { every?: number; keep?: number }) {
  return {
    every: whole('backups.every', every, LEAST_BETWEEN_BACKUPS),
    keep: whole('backups.keep', keep, 1),
  };
}

/** Where HTTP listens; undefined = nowhere. Throws CONFIG. */
export function httpOf(asked: ServerOptions['http']) {
  if (!asked) return undefined;
  const { host = '127.0.0.1', port = 0, redact = [], proxies = [], hosts = [] } = asked;
  return { host, port: whole('http.port', port, 0, 65_535), redact, proxies, hosts: checkHosts(hosts) };
}

/** Names without scheme, port and path. */
function checkHosts(hosts: readonly string[]): readonly string[] {
  for (const host of hosts) {
    if (/^[\w.-]{1,253}$/.test(host)) continue;
    throw new FaktoryError(
      'CONFIG',
      `http.hosts: "${host}" is not a host name; write it as jobs.example.com`,
    );
  }
  return hosts.map((host) => host.toLowerCase());
}

interface Passwords {
  readonly password?: string | readonly string[] | undefined;
  readonly webPassword?: string | readonly string[] | undefined;
}

/** Empty texts are no passwords. */
export function secretsOf({ password, webPassword }: Passwords) {
  const list = (given: string | readonly string[] = []): string[] => [given].flat().filter((text) => text);
  const [passwords, webPasswords] = [list(password), list(webPassword)];
  return { passwords, webPasswords: webPasswords.length > 0 ? webPasswords : passwords };
}

function whole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new FaktoryError('CONFIG', `${name} must be a whole number ${range}, not ${value}`);
}

/** Settings as people may see them, without those that hold a secret or are no texts. */
export function shownSettings(settings: Settings): { name: string; value: string; default: string }[] {
  const usual = settle({});
  const hidden = new Set<keyof Settings>([
    'password',
    'webPassword',
    'secrets',
    'log',
    'clock',
    'steady',
    'dir',
    'tls',
    'http',
  ]);
  const names = (Object.keys(usual) as (keyof Settings)[]).filter((name) => !hidden.has(name));
  const rows = names.map((name) => ({ name, value: said(settings[name]), default: said(usual[name]) }));
  const asked = settings.secrets.webPasswords.length > 0;
  return [
    { name: 'tls', value: settings.tls ? 'on' : 'off', default: 'off' },
    { name: 'password', value: asked ? 'asked for' : 'none', default: 'none' },
    { name: 'http.host', value: said(settings.http?.host), default: 'off' },
    { name: 'http.port', value: said(settings.http?.port), default: 'off' },
    { name: 'http.redact', value: said(settings.http?.redact ?? []), default: '[]' },
    { name: 'http.proxies', value: said(settings.http?.proxies ?? []), default: '[]' },
    { name: 'http.hosts', value: said(settings.http?.hosts ?? []), default: '[]' },
    ...rows,
  ];
}

function said(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'off');
}
