/**
 * Makes the library's options of flags, environment and TOML files, and decides which source wins.
 * It starts, logs and prints nothing.
 *
 * Note: a binding in the TOML files counts only when no flag was typed, and the environment decides
 * where the folders are.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { checkOptions, type ServerOptions } from '@faktory-ts/server';
import { backupPlan } from './backup-plan.ts';
import { type Binding, parseBinding } from './binding.ts';
import { readConfD } from './conf-d.ts';
import type { Flags } from './flags.ts';
import { usualFolders } from './folders.ts';
import { limitOptions } from './limits.ts';
import { type LogFormat, type LogLevel, logFormats, logLevels } from './log.ts';
import {
  type Environment,
  type PasswordSources,
  readSecrets,
  resolvePasswords,
  saysYes,
} from './password.ts';
import { statsdOption } from './statsd.ts';
import { readTls } from './tls.ts';
import { readToml, type TomlSettings } from './toml.ts';

/** The configuration of the program. */
export interface Config {
  readonly environment: Environment;
  readonly binding: Binding;
  /** Undefined: no HTTP. */
  readonly web: Binding | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly server: ServerOptions & { readonly dir: string; readonly sync: SyncMode };
  /** Logged once the log exists. */
  readonly warnings: readonly string[];
}

/** The parts of the process that the configuration depends on. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: () => string;
  /** The password file of staging and production: /etc/faktory/password. */
  readonly passwordFile: string;
  /** Whether --skip-password was typed. */
  readonly skipPassword?: boolean;
}

export type SyncMode = NonNullable<ServerOptions['sync']>;

const environments = ['development', 'staging', 'production'] as const;
const syncModes = ['full', 'relaxed', 'off'] as const;

/** Reads the whole configuration of the server. Throws CONFIG with what to correct. */
export function readConfig(flags: Flags, surroundings: Surroundings): Config {
  const { env, home, passwordFile } = surroundings;
  const skipPassword = surroundings.skipPassword === true || saysYes(env.FAKTORY_SKIP_PASSWORD);
  const warnings: string[] = [];
  const asked = flags.environment ?? (env.FAKTORY_ENV || 'development');
  const environment = oneOf(flags.environment ? '--environment' : 'FAKTORY_ENV', asked, environments);
  const logLevel = oneOf('--log-level', flags['log-level'] ?? 'info', logLevels);
  const logFormat = oneOf('--log-format', flags['log-format'] ?? 'text', logFormats);
  const sync = oneOf('--sync', flags.sync ?? 'full', syncModes);
  const usual = usualFolders(environment, home);
  const configDir = resolve(flags.config ?? usual.config);
  warnAbout(configDir, flags, warnings);
  const warn = (text: string): void => void warnings.push(text);
  const toml = readToml(readConfD(configDir, warn), warn);
  const tls = readTls(configDir, flags, toml);
  const { binding, web } = readBindings(flags, toml);
  const statsd = statsdOption(toml.statsd, env.DD_DOGSTATSD_URL, toml.source);
  const server = {
    dir: resolve(flags.dir ?? usual.data),
    host: binding.host,
    port: binding.port,
    http: web
      ? {
          host: web.host,
          port: web.port,
          ...(toml.redact && { redact: toml.redact }),
          ...(toml.proxies && { proxies: toml.proxies }),
          ...(toml.hosts && { hosts: toml.hosts }),
        }
      : (false as const),
    ...passwords(toml, { environment, env, skip: skipPassword, systemFile: passwordFile }),
    openToNetwork: skipPassword,
    ...(tls && { tls }),
    sync,
    backups: backupPlan(environment, env.FAKTORY_BACKUP_FREQUENCY, toml.backups, toml.source),
    ...(statsd && { statsd }),
    description: flags.description ?? 'Faktory',
    ...limitOptions(flags, toml),
  };
  checkAll(server, toml);
  return { environment, binding, web, logLevel, logFormat, server, warnings };
}

/**
 * Adds the place in the configuration to an error of the library, whose text begins with the
 * option.
 */
function checkAll(server: ServerOptions, { source }: TomlSettings): void {
  try {
    checkOptions(server);
  } catch (cause) {
    if (!(cause instanceof FaktoryError)) throw cause;
    const text = cause.message.replace(/^http\.(redact|proxies|hosts)/, (_, key: string) =>
      source('web', key),
    );
    throw new FaktoryError(cause.code, text, { cause });
  }
}

function readBindings(flags: Flags, toml: TomlSettings): Pick<Config, 'binding' | 'web'> {
  const { source } = toml;
  const binding = flags.bind ?? toml.binding;
  const web = flags.web ?? toml.webBinding ?? 'localhost:7420';
  return {
    binding: parseBinding(binding ?? 'localhost:7419', flags.bind ? '--bind' : source('faktory', 'binding')),
    web: web === ':0' ? undefined : parseBinding(web, flags.web ? '--web' : source('web', 'binding')),
  };
}

function passwords(
  toml: TomlSettings,
  sources: Omit<PasswordSources, 'toml' | 'tomlSource'>,
): Pick<ServerOptions, 'password' | 'webPassword'> {
  const tomlSource = toml.source('faktory', 'password');
  return {
    password: resolvePasswords({ ...sources, toml: toml.password, tomlSource }),
    webPassword: readSecrets(toml.webPassword, toml.source('web', 'password')),
  };
}

function warnAbout(configDir: string, flags: Flags, warnings: string[]): void {
  if (flags.config !== undefined && !existsSync(configDir)) {
    warnings.push(`the configuration folder ${configDir} does not exist; create it or correct --config`);
  }
}

function oneOf<const T extends string>(source: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new FaktoryError('CONFIG', `${source}: "${value}" is unknown; choose ${choices.join(', ')}`);
}
