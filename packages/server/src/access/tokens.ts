/**
 * Named tokens: `tokens.json` in the data folder, which only its owner can read. It holds the secrets
 * themselves, because the proof of the handshake needs them. `add` returns a secret once; `list`
 * never does.
 *
 * Note: the file is always replaced as a whole, because a running server reads it when it changes.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaktoryError, formatTime, nowMicros } from '@faktory-ts/protocol';
import { features } from '../features/features.ts';
import type { FeatureRight } from '../jobs/feature.ts';
import { type Logger, silent } from '../log.ts';
import { replaceOwned } from '../owned-file.ts';
import { Audit } from './audit.ts';
import { Rights } from './rights.ts';

/** A token without its secret. */
export interface Token {
  readonly name: string;
  /** `push`, `fetch`, `fetch:QUEUE,QUEUE`, `read`, `operate`, `admin`, the right of a feature, or several joined with `+`. */
  readonly scope: string;
  /** RFC 3339. */
  readonly made: string;
}

export interface SecretToken extends Token {
  readonly secret: string;
}

/** Reads scopes. */
export type Scopes = Pick<Rights, 'parseScope'>;

const known = new Rights(features);

/** The rights that a token can have, each with what it lets a client do. */
export const tokenRights: readonly FeatureRight[] = known.all;

/** Each client that gives no name costs a proof per token. */
const MOST_TOKENS = 50;

/**
 * The tokens of a data folder, whether a server holds it or not. Every method throws a FaktoryError: STORAGE when the file cannot be
 * read or written, CONFIG for a name or a scope that cannot be, or that is taken.
 *
 * @example
 * ```ts
 * import { TokenFile } from '@faktory-ts/server';
 *
 * const tokens = new TokenFile('./data', 'setup script');
 * const secret = tokens.add('billing', 'push'); // told only now
 * tokens.revoke('billing');
 * ```
 */
export class TokenFile {
  readonly #dir: string;
  readonly #who: string;
  readonly #log: Logger;
  readonly #scopes: Scopes;

  /** `who` is named in the audit log; `log` hears when that log cannot be written; `scopes` reads the scopes of a server with other features. */
  constructor(dir: string, who: string, log: Logger = silent, scopes: Scopes = known) {
    this.#dir = dir;
    this.#who = who;
    this.#log = log;
    this.#scopes = scopes;
  }

  list(): Token[] {
    return listTokens(this.#dir, this.#scopes);
  }

  /** Makes a token; gives its secret. */
  add(name: string, scope: string): string {
    const tokens = readTokens(this.#dir, this.#scopes);
    if (!/^[\w.-]{1,100}$/.test(name)) {
      throw new FaktoryError(
        'CONFIG',
        `"${name}" cannot be a name; use letters, digits and . _ -, at most 100`,
      );
    }
    if (tokens.some((token) => token.name === name)) {
      throw new FaktoryError(
        'CONFIG',
        `there is a token ${name} already; revoke it first, or choose another name`,
      );
    }
    if (tokens.length >= MOST_TOKENS) {
      throw new FaktoryError(
        'CONFIG',
        `there are ${MOST_TOKENS} tokens, which is the most; revoke one first`,
      );
    }
    this.#scopes.parseScope(scope);
    const secret = randomBytes(24).toString('base64url');
    replaceTokens(this.#dir, [...tokens, { name, scope, made: formatTime(nowMicros()), secret }]);
    this.#note('tokens add', `${name} ${scope}`);
    return secret;
  }

  /** False: there is no such token. */
  revoke(name: string): boolean {
    if (!revokeToken(this.#dir, name, this.#scopes)) return false;
    this.#note('tokens revoke', name);
    return true;
  }

  #note(did: string, what: string): void {
    const audit = new Audit({ dir: this.#dir, log: this.#log, clock: nowMicros });
    audit.write({ who: this.#who, from: 'here', did, what, ok: true });
  }
}

/** The tokens without their secrets. Throws STORAGE. */
export function listTokens(dir: string, scopes: Scopes): Token[] {
  return readTokens(dir, scopes).map(({ name, scope, made }) => ({ name, scope, made }));
}

/** False: there is no such token. Throws STORAGE. */
export function revokeToken(dir: string, name: string, scopes: Scopes): boolean {
  const tokens = readTokens(dir, scopes);
  const rest = tokens.filter((token) => token.name !== name);
  if (rest.length === tokens.length) return false;
  replaceTokens(dir, rest);
  return true;
}

function replaceTokens(dir: string, tokens: readonly SecretToken[]): void {
  const path = pathOf(dir);
  try {
    replaceOwned(path, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const busy = code === 'EEXIST';
    const advice = busy ? `another command is changing it; if none is, remove ${path}.new` : message;
    throw new FaktoryError('STORAGE', `cannot write ${path}: ${advice}`, { cause });
  }
}

export const pathOf = (dir: string): string => join(dir, 'tokens.json');

/** The tokens with their secrets; none where there is no file. Throws STORAGE when it cannot be read. */
export function readTokens(dir: string, scopes: Scopes): SecretToken[] {
  const path = pathOf(dir);
  if (!existsSync(dir)) throw new FaktoryError('STORAGE', `there is no data folder ${dir}; name it with -d`);
  if (!existsSync(path)) return [];
  const found = parsed(path, textOf(path));
  if (typeof found !== 'object' || found === null) throw broken(path, 'is JSON and not an object');
  const { version, tokens } = found as Record<string, unknown>;
  if (version !== 1)
    throw broken(path, `has version ${JSON.stringify(version)}; this server reads version 1`);
  if (!Array.isArray(tokens)) throw broken(path, 'has no list "tokens"');
  if (tokens.length > MOST_TOKENS)
    throw broken(path, `has ${tokens.length} tokens; the most are ${MOST_TOKENS}`);
  for (const [index, token] of (tokens as unknown[]).entries()) checkToken(path, token, index + 1, scopes);
  return tokens as SecretToken[];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    const text = `cannot read ${path} (${code}); make it readable for the server's user`;
    throw new FaktoryError('STORAGE', text, { cause });
  }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Never the parser's own message, which quotes the file.
    if (text.trim() === '') throw broken(path, 'is empty');
    const [, at] = /at position (\d+)/.exec((cause as Error).message) ?? [];
    if (at === undefined) throw broken(path, 'is not JSON'); // Node does not name the place of every fault
    const before = text.slice(0, Number(at)).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw broken(path, `is not JSON: line ${before.length}, column ${column}`);
  }
}

function checkToken(path: string, token: unknown, place: number, scopes: Scopes): void {
  const { name, scope, made, secret } = (token ?? {}) as Record<string, unknown>;
  for (const [part, text] of Object.entries({ name, scope, made, secret }))
    if (typeof text !== 'string' || text === '') throw broken(path, `token ${place} has no "${part}"`);
  try {
    scopes.parseScope(String(scope));
  } catch {
    throw broken(path, `token ${place} has a scope that this server does not know`);
  }
}

function broken(path: string, wrong: string): FaktoryError {
  const cure = 'restore the file from a copy, or delete it and make new tokens with faktory tokens add';
  return new FaktoryError('STORAGE', `${path} ${wrong}; ${cure}`);
}
