/*
 * What the TOML files may say: [faktory], [web], [backups], [statsd] and [limits]. What else they say is warned about by name, never
 * silently dropped: somebody wrote it and believes that it works. Values are never quoted, they may be passwords.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { TomlTable } from './conf-d.ts';
import { type LimitName, limits } from './limits.ts';

/** The settings of the TOML files; absent where nothing was written. */
export interface TomlSettings {
  readonly password: string | undefined;
  readonly binding: string | undefined;
  readonly webPassword: string | undefined;
  readonly webBinding: string | undefined;
  /** `every` in text: a duration, or `off`. */
  readonly backups: { readonly every: string | undefined; readonly keep: number | undefined };
  /** Undefined: there is no such table. */
  readonly statsd: StatsdSettings | undefined;
  readonly limits: Partial<Record<LimitName, number>>;
}

/** What [statsd] says. */
export interface StatsdSettings {
  readonly location: string | undefined;
  readonly namespace: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly queueLatency: readonly string[] | undefined;
}

const limitNames = limits.map((limit) => limit.name);
const known: Readonly<Record<string, readonly string[]>> = {
  faktory: ['password', 'binding'],
  web: ['password', 'binding'],
  backups: ['every', 'keep'],
  statsd: ['location', 'namespace', 'tags', 'queueLatency'],
  limits: limitNames,
};
// Tables that other Faktory servers read.
const later = ['cron', 'throttles'];

/** Picks the settings out of the document. Throws CONFIG for a value of the wrong kind. */
export function readToml(document: TomlTable, warn: (message: string) => void): TomlSettings {
  for (const [name, value] of Object.entries(document)) warnUnknown(name, value, warn);
  const faktory = table(document, 'faktory');
  const web = table(document, 'web');
  const backups = table(document, 'backups');
  return {
    password: text(faktory, 'faktory', 'password'),
    binding: text(faktory, 'faktory', 'binding'),
    webPassword: text(web, 'web', 'password'),
    webBinding: text(web, 'web', 'binding'),
    backups: { every: text(backups, 'backups', 'every'), keep: number(backups, 'backups', 'keep') },
    statsd: document.statsd === undefined ? undefined : statsd(table(document, 'statsd')),
    limits: numbers(table(document, 'limits')),
  };
}

function warnUnknown(name: string, value: unknown, warn: (message: string) => void): void {
  const keys = Object.hasOwn(known, name) ? known[name] : undefined;
  if (later.includes(name)) {
    warn(`TOML: [${name}] is not supported yet and has no effect`);
  } else if (!keys) {
    const what = isTable(value) || Array.isArray(value) ? `table [${name}]` : `key ${name}`;
    warn(
      `TOML: the ${what} is unknown and has no effect; the tables are [${Object.keys(known).join('], [')}]`,
    );
  } else if (isTable(value)) {
    for (const key of Object.keys(value)) {
      if (keys.includes(key)) continue;
      warn(`TOML: the key ${key} of [${name}] is unknown and has no effect; its keys are ${keys.join(', ')}`);
    }
  }
}

function table(document: TomlTable, name: string): TomlTable {
  const value = document[name] ?? {};
  if (isTable(value)) return value;
  throw new FaktoryError('CONFIG', `TOML: ${name} must be one table; write [${name}] with its keys below`);
}

function text(from: TomlTable, name: string, key: string): string | undefined {
  const value = from[key];
  if (value === undefined || typeof value === 'string') return value;
  throw new FaktoryError('CONFIG', `TOML: ${key} of [${name}] must be text; put it in quotes`);
}

function statsd(from: TomlTable): StatsdSettings {
  return {
    location: text(from, 'statsd', 'location'),
    namespace: text(from, 'statsd', 'namespace'),
    tags: texts(from, 'statsd', 'tags'),
    queueLatency: texts(from, 'statsd', 'queueLatency'),
  };
}

function texts(from: TomlTable, name: string, key: string): string[] | undefined {
  const value = from[key];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value as string[];
  throw new FaktoryError('CONFIG', `TOML: ${key} of [${name}] must be a list of texts: ["…", "…"]`);
}

function number(from: TomlTable, name: string, key: string): number | undefined {
  const value = from[key];
  if (value === undefined || typeof value === 'number') return value;
  throw new FaktoryError('CONFIG', `TOML: ${key} of [${name}] must be a number without quotes`);
}

function numbers(from: TomlTable): Partial<Record<LimitName, number>> {
  const found: Partial<Record<LimitName, number>> = {};
  for (const name of limitNames) {
    const value = number(from, 'limits', name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
