/**
 * Reads the settings of the TOML files: [faktory], [web], [tls], [backups], [statsd] and [limits].
 * Other tables and keys are warned about by name. Values are never quoted, because they may be
 * passwords.
 */
import { FaktoryError, nearest } from '@faktory-ts/protocol';
import type { ConfD, TomlTable } from './conf-d.ts';
import { type LimitName, limits } from './limits.ts';

/** The TLS files as they were named. */
type TlsFiles = Readonly<Record<'key' | 'cert' | 'clientCa', string | undefined>>;

/** The settings of the TOML files; undefined when not written. */
export interface TomlSettings {
  readonly password: string | readonly string[] | undefined;
  readonly binding: string | undefined;
  readonly webPassword: string | readonly string[] | undefined;
  readonly webBinding: string | undefined;
  /** Argument values that the web UI does not show. */
  readonly redact: readonly string[] | undefined;
  /** Trusted proxies: only their X-Forwarded-For is used. */
  readonly proxies: readonly string[] | undefined;
  /** Host names under which browsers may open the web UI when it has no password. */
  readonly hosts: readonly string[] | undefined;
  /** `every` as text: a duration, or `off`. */
  readonly backups: { readonly every: string | undefined; readonly keep: number | undefined };
  /** Undefined: there is no [statsd]. */
  readonly statsd: StatsdSettings | undefined;
  readonly tls: TlsFiles;
  readonly limits: Partial<Record<LimitName, number>>;
  /** The place of a key, for errors: `FILE, line N: [table] key`. */
  readonly source: ConfD['source'];
}

/** The settings of [statsd]. */
export interface StatsdSettings {
  readonly location: string | undefined;
  readonly namespace: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly queueLatency: readonly string[] | undefined;
}

const limitNames = limits.map((limit) => limit.name);
const known: Readonly<Record<string, readonly string[]>> = {
  faktory: ['password', 'binding'],
  tls: ['key', 'cert', 'client_ca'],
  web: ['password', 'binding', 'redact', 'proxies', 'hosts'],
  backups: ['every', 'keep'],
  statsd: ['location', 'namespace', 'tags', 'queueLatency'],
  limits: limitNames,
};
// Tables of other Faktory servers.
const later = ['cron', 'throttles'];

/** Reads the settings of the document. Throws CONFIG for a value of the wrong type. */
export function readToml(document: ConfD, warn: (message: string) => void): TomlSettings {
  const { tables, source } = document;
  for (const [name, value] of Object.entries(tables)) warnUnknown(document, name, value, warn);
  for (const name of Object.keys(known)) checkTable(document, name);
  return {
    password: texts(document, 'faktory', 'password'),
    binding: text(document, 'faktory', 'binding'),
    webPassword: texts(document, 'web', 'password'),
    webBinding: text(document, 'web', 'binding'),
    redact: list(document, 'web', 'redact'),
    proxies: list(document, 'web', 'proxies'),
    hosts: list(document, 'web', 'hosts'),
    tls: {
      key: text(document, 'tls', 'key'),
      cert: text(document, 'tls', 'cert'),
      clientCa: text(document, 'tls', 'client_ca'),
    },
    backups: { every: text(document, 'backups', 'every'), keep: number(document, 'backups', 'keep') },
    statsd: tables.statsd === undefined ? undefined : statsd(document),
    limits: numbers(document),
    source,
  };
}

function warnUnknown({ source }: ConfD, name: string, value: unknown, warn: (message: string) => void): void {
  const keys = Object.hasOwn(known, name) ? known[name] : undefined;
  const whole = isTable(value) || Array.isArray(value);
  if (later.includes(name)) {
    warn(`${source(name)} is not supported yet and has no effect`);
  } else if (!keys) {
    const tables = Object.keys(known);
    const place = whole ? source(name) : source('', name);
    warn(
      `${place}: this ${whole ? 'table' : 'key'} is unknown and has no effect; ${meant(name, tables, 'the tables')}`,
    );
  } else if (isTable(value)) {
    for (const key of Object.keys(value)) {
      if (keys.includes(key)) continue;
      const hint = meant(key, keys, `the keys of [${name}]`);
      warn(`${source(name, key)}: this key is unknown and has no effect; ${hint}`);
    }
  }
}

function meant(typed: string, names: readonly string[], what: string): string {
  const near = nearest(typed, names);
  return near === undefined ? `${what} are ${names.join(', ')}` : `did you mean ${near}?`;
}

function checkTable({ tables, source }: ConfD, name: string): void {
  if (tables[name] === undefined || isTable(tables[name])) return;
  throw new FaktoryError('CONFIG', `${source(name)} must be one table; write [${name}] with its keys below`);
}

function valueAt({ tables }: ConfD, name: string, key: string): unknown {
  return (tables[name] as TomlTable | undefined)?.[key];
}

function text(document: ConfD, name: string, key: string): string | undefined {
  const value = valueAt(document, name, key);
  if (value === undefined || typeof value === 'string') return value;
  throw new FaktoryError('CONFIG', `${document.source(name, key)} must be text; put it in quotes`);
}

function statsd(document: ConfD): StatsdSettings {
  return {
    location: text(document, 'statsd', 'location'),
    namespace: text(document, 'statsd', 'namespace'),
    tags: list(document, 'statsd', 'tags'),
    queueLatency: list(document, 'statsd', 'queueLatency'),
  };
}

function list(document: ConfD, name: string, key: string): readonly string[] | undefined {
  const value = valueAt(document, name, key);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new FaktoryError('CONFIG', `${document.source(name, key)} must be a list of strings: ["…", "…"]`);
}

function texts(document: ConfD, name: string, key: string): string | readonly string[] | undefined {
  return Array.isArray(valueAt(document, name, key)) ? list(document, name, key) : text(document, name, key);
}

function number(document: ConfD, name: string, key: string): number | undefined {
  const value = valueAt(document, name, key);
  if (value === undefined || typeof value === 'number') return value;
  throw new FaktoryError('CONFIG', `${document.source(name, key)} must be a number without quotes`);
}

function numbers(document: ConfD): Partial<Record<LimitName, number>> {
  const found: Partial<Record<LimitName, number>> = {};
  for (const name of limitNames) {
    const value = number(document, 'limits', name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
