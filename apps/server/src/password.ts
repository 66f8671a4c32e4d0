/*
 * Which passwords the server takes, and where they come from. The order is the one that existing installations rely on:
 * FAKTORY_PASSWORD, then [faktory] password, then (staging and production only) the system's password file, then none.
 * It must never put a password into an error: errors name the place, not the value. A stranger would get wrong that
 * FAKTORY_PASSWORD set to nothing still hides the TOML password. Several passwords hold at once, so that one can be changed
 * while clients know the old one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';

export type Environment = 'development' | 'staging' | 'production';

export interface PasswordSources {
  readonly environment: Environment;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether it may start without one. */
  readonly skip: boolean;
  /** `[faktory] password`. */
  readonly toml: Written;
  /** Where that stands, for errors. */
  readonly tomlSource: string;
  /** The file that packages make at their installation: /etc/faktory/password. */
  readonly systemFile: string;
}

/** One password or several, each as itself or as a file. */
export type Written = string | readonly string[] | undefined;

/** The passwords; none = nothing is asked. Throws CONFIG when one is required and missing, or a file cannot be used. */
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

/** Passwords as written in `source`: each itself, or the lines of the file when it begins with `/`. Empty means none. */
export function readSecrets(written: Written, source: string): string[] {
  return [written ?? []].flat().flatMap((one) => (one === '' ? [] : readSecret(one, source)));
}

function readSecret(written: string, source: string): string[] {
  if (written.trim() === '')
    throw new FaktoryError(
      'CONFIG',
      `${source}: the password is only white space; write one that nobody guesses, or leave the setting out`,
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
    // Where there is no such file, the "path" may be a password that happens to begin with /: it must not be shown.
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
