/**
 * WHO IS LET IN, and as whom: passwords, web passwords, tokens and sessions of the web UI, and the proof that a client knows one. The door of this room.
 *
 * It must never put a secret into a text, nor compare one other than in constant time. A stranger would get wrong that unmodified clients
 * send a proof and no name: each secret is then tried, one a turn of the event loop, so that logins never hold up those who are in.
 */
import { createHash, hash, timingSafeEqual } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Challenge, FaktoryError, type Micros, passwordProof } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';
import { Audit } from './audit.ts';
import { Logins } from './logins.ts';
import { type Limits, parseScope } from './rights.ts';
import { type SessionOf, Sessions } from './sessions.ts';
import { pathOf, readTokens, type SecretToken } from './tokens.ts';

export { type Deed, summary } from './audit.ts';
export { isAudited, isWatched, keyOf, permit, permitQueues, rightsOf } from './rights.ts';

/** What is to be known. Empty lists: nothing is asked. */
export interface Secrets {
  readonly passwords: readonly string[];
  readonly webPasswords: readonly string[];
}

/** Somebody who was let in. */
export interface Caller {
  /** For the audit log: `password`, `token NAME`, or `anybody`. */
  readonly who: string;
  /** Undefined: all rights. */
  readonly limits: Limits | undefined;
}

/** What a client said of itself. */
export interface Claim {
  /** The user name, if it sent one: of a token's name only that token is tried. */
  readonly username: string | undefined;
  readonly address: string;
  /** Whether it has left: then there is nothing to check. */
  readonly gone: () => boolean;
}

/** Somebody who has a session. */
export interface LoggedIn {
  readonly caller: Caller;
  /** The secret that the cookie holds. */
  readonly number: string;
}

interface TokenCaller extends Caller {
  readonly token: SecretToken;
}

interface Candidate {
  readonly secret: string;
  readonly caller: Caller;
}

const anybody: Caller = { who: 'anybody', limits: undefined };
const byPassword: Caller = { who: 'password', limits: undefined };
const LOOK_EVERY = 1000; // ms at which the file of the tokens is looked at

// 14 ms for 6,000 rounds; with createHash it is 21 ms.
const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');

export class Access {
  readonly audit: Audit;
  readonly #dir: string;
  readonly #log: Logger;
  readonly #logins: Logins;
  readonly #sessions: Sessions;
  #secrets: Secrets;
  /** By name, the one that was used last first. */
  #tokens = new Map<string, TokenCaller>();
  /** The proof that is computed now. */
  #proving: Promise<unknown> = Promise.resolve();
  #onRevoked: (isValid: (caller: Caller) => boolean) => void = () => undefined;

  constructor(secrets: Secrets, { dir, log, clock }: { dir: string; log: Logger; clock: () => Micros }) {
    this.#secrets = secrets;
    this.#dir = dir;
    this.#log = log;
    this.audit = new Audit({ dir, log, clock });
    this.#sessions = new Sessions({ dir, log, clock });
    this.#logins = new Logins((address) =>
      log.warn(`five failed logins in a row from ${address}: slowed down`),
    );
  }

  /** Reads the tokens, and again when they change. `onRevoked` hears who is still valid then. Throws STORAGE. */
  open(onRevoked: (isValid: (caller: Caller) => boolean) => void): void {
    this.#readTokens();
    this.#sessions.load();
    this.#onRevoked = onRevoked;
    watchFile(pathOf(this.#dir), { interval: LOOK_EVERY, persistent: false }, this.#look);
  }

  close(): void {
    unwatchFile(pathOf(this.#dir), this.#look);
  }

  /** From now on these are asked for, and the tokens are read again. Who came in with a password stays in. */
  replace(secrets: Secrets): void {
    this.#secrets = secrets;
    this.#look();
  }

  /** Whether clients must prove that they know something. */
  get asks(): boolean {
    return this.#secrets.passwords.length > 0 || this.#tokens.size > 0;
  }

  /** Checks the proof that a client sent for its challenge; undefined = none was asked for. Throws AUTH, and LIMIT to whom fails too often. */
  async admit(given: string, challenge: Challenge | undefined, claim: Claim): Promise<Caller> {
    if (!challenge) return anybody;
    const proof = Buffer.from(given);
    let found: Caller | undefined;
    const check = async (): Promise<boolean> => {
      // A proof costs thousands of hash rounds, so nothing is computed for what cannot be one.
      if (proof.length === 64) found = await this.#prover(proof, challenge, claim);
      return found !== undefined;
    };
    if (await this.#logins.attempt(claim.address, check, claim.gone)) return found ?? anybody;
    throw new FaktoryError('AUTH', 'Invalid password');
  }

  /** Whether HTTP clients must prove that they know something. */
  get asksHttp(): boolean {
    return this.#secrets.webPasswords.length > 0 || this.#tokens.size > 0;
  }

  /** Checks what an HTTP client sent as `Authorization`: Basic, or Bearer NAME:SECRET for a token. Throws AUTH and LIMIT. */
  async admitHttp(authorization: string | undefined, client: Omit<Claim, 'username'>): Promise<Caller> {
    if (!this.asksHttp) return anybody;
    const [, scheme = '', given = ''] = /^(Basic|Bearer) (.+)$/i.exec(authorization ?? '') ?? [];
    if (given === '') throw new FaktoryError('AUTH', 'Authorization required');
    const bearer = scheme.toLowerCase() === 'bearer';
    const said = bearer ? given : Buffer.from(given, 'base64').toString('utf8');
    const [name, secret] = [said.slice(0, Math.max(0, said.indexOf(':'))), said.slice(said.indexOf(':') + 1)];
    const found = await this.#known(name, secret, bearer ? [] : this.#secrets.webPasswords, client);
    if (found) return found;
    throw new FaktoryError('AUTH', 'Authorization failed');
  }

  /** The web UI's login; gives what its cookie is to hold. Throws AUTH and LIMIT. */
  async login(name: string, secret: string, client: Omit<Claim, 'username'>): Promise<LoggedIn> {
    const caller = await this.#known(name, secret, this.#secrets.webPasswords, client);
    if (!caller) throw new FaktoryError('AUTH', 'wrong name or password');
    return { caller, number: this.#sessions.open(caller.who, secret) };
  }

  /**
   * Who has a session of this number; undefined: nobody. With `renew`, `fresh` is to be its number from now on.
   */
  session(
    number: string,
    { renew = false } = {},
  ): (LoggedIn & { readonly fresh: string | undefined }) | undefined {
    let caller: Caller | undefined;
    const secretOf = ({ who, isOf }: SessionOf): string | undefined => {
      const name = who.startsWith('token ') ? who.slice('token '.length) : '';
      const held = this.#candidates(name, who === byPassword.who ? this.#secrets.webPasswords : []);
      const found = held.find(({ secret }) => isOf(secret));
      caller = found?.caller;
      return found?.secret;
    };
    const open = this.#sessions.find(number, secretOf, renew);
    return open && caller && { caller, number, fresh: open.fresh };
  }

  logout(number: string): void {
    this.#sessions.close(number);
  }

  /**
   * Whose name and secret these are. Each look counts as a try of this address; but nobody guesses a token's secret, so who knows one
   * does not wait behind those that fail, who may come through the same proxy.
   */
  async #known(
    name: string,
    secret: string,
    passwords: readonly string[],
    { address, gone }: Omit<Claim, 'username'>,
  ): Promise<Caller | undefined> {
    const token = this.#tokens.get(name);
    if (token && sameSecret(secret, token.token.secret)) return token;
    let found: Caller | undefined;
    const check = (): boolean => {
      const candidates = this.#candidates(name, passwords);
      found = candidates.find((candidate) => sameSecret(secret, candidate.secret))?.caller;
      return found !== undefined;
    };
    await this.#logins.attempt(address, check, gone);
    return found;
  }

  /** Whose the proof is. Each trial waits for those of others that came before. */
  async #prover(proof: Buffer, challenge: Challenge, { username, gone }: Claim): Promise<Caller | undefined> {
    const named = this.#candidates(username, this.#secrets.passwords);
    const rest = this.#tokens.has(username ?? '') ? [] : [...this.#tokens.values()].map(candidateOf);
    for (const { secret, caller } of [...named, ...rest]) {
      const trial = this.#proving.then(
        () => !gone() && timingSafeEqual(proof, Buffer.from(passwordProof(secret, challenge, sha256))),
      );
      this.#proving = trial.then(() => nextTurn());
      if (!(await trial)) continue;
      this.#usedNow(caller);
      return caller;
    }
    return undefined;
  }

  /** The token of this name, and nothing else; of another name, the passwords. */
  #candidates(name: string | undefined, passwords: readonly string[]): Candidate[] {
    const token = this.#tokens.get(name ?? '');
    if (token) return [candidateOf(token)];
    return passwords.map((secret) => ({ secret, caller: byPassword }));
  }

  #usedNow(caller: Caller): void {
    const used = [...this.#tokens].find(([, token]) => token === caller);
    if (used) this.#tokens = new Map([used, ...this.#tokens]);
  }

  readonly #look = (): void => {
    try {
      this.#readTokens();
    } catch (error) {
      if (!(error instanceof FaktoryError)) throw error;
      this.#log.error(`the tokens stay as they were: ${error.message}`);
    }
  };

  /** A token that did not change keeps its caller: connections that came with it stay. */
  #readTokens(): void {
    const now = new Map<string, TokenCaller>();
    for (const token of readTokens(this.#dir)) {
      const known = this.#tokens.get(token.name);
      const same = known?.token.secret === token.secret && known.token.scope === token.scope;
      const caller = { who: `token ${token.name}`, limits: parseScope(token.scope), token };
      now.set(token.name, same ? known : caller);
    }
    this.#tokens = now;
    const valid = new Set<Caller>(now.values());
    this.#onRevoked((caller) => !('token' in caller) || valid.has(caller));
  }
}

const candidateOf = (caller: TokenCaller): Candidate => ({ secret: caller.token.secret, caller });

// Equal lengths are needed for a constant-time compare, and the length itself is a secret: so digests are compared.
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
