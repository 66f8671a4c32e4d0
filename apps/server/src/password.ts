/*
 * Which password the server asks for, and where it comes from. The order is the one that existing installations rely on:
 * FAKTORY_PASSWORD, then [faktory] password, then (staging and production only) the system's password file, then none.
 * It must never put a password into an error: errors name the place, not the value. A stranger would get wrong that
 * FAKTORY_PASSWORD set to nothing still hides the TOML password.
 */
import { existsSync, readFileSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';

export type Environment = 'development' | 'staging' | 'production';

export interface PasswordSources {
  readonly environment: Environment;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `[faktory] password`. */
  readonly toml: string | undefined;
  /** The file that packages make at their installation: /etc/faktory/password. */
  readonly systemFile: string;
}

/** The password, or undefined for none. Throws CONFIG when one is required and missing, or its file cannot be used. */
export function resolvePassword({ environment, env, toml, systemFile }: PasswordSources): string | undefined {
  const required = environment !== 'development' && !skips(env.FAKTORY_SKIP_PASSWORD);
  const named = env.FAKTORY_PASSWORD === undefined ? '[faktory] password' : 'FAKTORY_PASSWORD';
  const found = readSecret(env.FAKTORY_PASSWORD ?? toml, named);
  if (found !== undefined || !required) return found;
  if (existsSync(systemFile)) return readSecret(systemFile, 'default');
  const ways = `set FAKTORY_PASSWORD to it (or to /the/path of a file that holds it), or write it to ${systemFile}`;
  const skip = 'FAKTORY_SKIP_PASSWORD=1 starts without one';
  throw new FaktoryError('CONFIG', `a password is required in ${environment}: ${ways}; ${skip}`);
}

/** A password as written in `source`: itself, or the trimmed text of the file when it begins with `/`. Empty means none. */
export function readSecret(written: string | undefined, source: string): string | undefined {
  if (!written) return undefined;
  if (!written.startsWith('/')) return written;
  const secret = readFile(written, source).trim();
  if (secret !== '') return secret;
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

function skips(value: string | undefined): boolean {
  return ['1', 'true', 'yes'].includes(value?.toLowerCase() ?? '');
}
