/**
 * Finds the passwords of the server. The order is the one that existing installations rely on:
 * FAKTORY_PASSWORD, then [faktory] password, then (staging and production only) the system's
 * password file, then none. Several passwords are valid at once, so that one can be changed while
 * clients use the old one. Errors name the place of a password, never its value.
 *
 * Note: an empty FAKTORY_PASSWORD still overrides the TOML password.
 */
import { existsSync, readFileSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';

export type Environment = 'development' | 'staging' | 'production';

export interface PasswordSources {
  readonly environment: Environment;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the server may start without a password. */
  readonly skip: boolean;
  /** `[faktory] password`. */
  readonly toml: Written;
  /** The place of the TOML password, for errors. */
  readonly tomlSource: string;
  /** The file that packages make at installation: /etc/faktory/password. */
  readonly systemFile: string;
}

/** One password or several, each as itself or as a file. */
export type Written = string | readonly string[] | undefined;

/**
 * Returns the passwords; none means that no client is asked. Throws CONFIG when a required password
 * is missing, or a file cannot be used.
 */
export function resolvePasswords({
  environment,
  env,
  skip,
  toml,
  tomlSource,
  systemFile,
}: PasswordSources): string[] {
  const required = environment !== 'development' && !skip;
  const named = env.FAKTORY_PASSWORD === undefined ? tomlSource : 'FAKTORY_PASSWORD';
  const found = readSecrets(env.FAKTORY_PASSWORD ?? toml, named);
  if (found.length > 0 || !required) return found;
  if (existsSync(systemFile)) return readSecrets(systemFile, 'default');
  const ways = `set FAKTORY_PASSWORD to it (or to /the/path of a file that holds it), or write it to ${systemFile}`;
  const without = '--skip-password, or FAKTORY_SKIP_PASSWORD=1, starts without one';
  throw new FaktoryError('CONFIG', `a password is required in ${environment}: ${ways}; ${without}`);
}

/**
 * Passwords as written in `source`: the value, or the lines of a file when the value begins with
 * `/`. Empty means none.
 */
export function readSecrets(written: Written, source: string): string[] {
  return [written ?? []].flat().flatMap((one) => (one === '' ? [] : readSecret(one, source)));
}

function readSecret(written: string, source: string): string[] {
  if (written.trim() === '')
    throw new FaktoryError(
      'CONFIG',
      `${source}: the password is only white space; use one that is hard to guess, or remove the setting`,
    );
  if (!written.startsWith('/')) return [written];
  const lines = readFile(written, source).split('\n');
  const secrets = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (secrets.length > 0) return secrets;
  throw new FaktoryError(
    'CONFIG',
    `${source}: the password file ${written} is empty; write the password into it`,
  );
}

function readFile(path: string, source: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    // When no such file exists, the "path" may be a password that begins with /, so it must not be
    // printed.
    const file = existsSync(path) ? path : 'that it names';
    const advice = 'create it, or make it readable for this user; a password itself must not begin with /';
    throw new FaktoryError(
      'CONFIG',
      `${source}: cannot read the password file ${file} (${code}); ${advice}`,
      { cause },
    );
  }
}

/** Whether a variable of the environment is 1, true or yes. */
export function saysYes(value: string | undefined): boolean {
  return ['1', 'true', 'yes'].includes(value?.toLowerCase() ?? '');
}
