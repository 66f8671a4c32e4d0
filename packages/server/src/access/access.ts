/**
 * WHO IS LET IN, and as whom: passwords, web passwords, tokens and sessions of the web UI, and the proof that a client knows one. The door of this room.
 *
 * It must never put a secret into a text, nor compare one other than in constant time.
 * Note: unmodified clients send a proof and no name, so each secret is tried; threads do that (prover.ts).
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync, unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import { type Challenge, excerpt, FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';
import { networkOf } from '../network.ts';
import { Audit } from './audit.ts';
import { Logins } from './logins.ts';
import { Prover } from './prover.ts';
import type { Caller, Rights } from './rights.ts';
import { type SessionOf, type SessionStore, Sessions } from './sessions.ts';
import { listTokens, pathOf, readTokens, revokeToken, type SecretToken, type Token } from './tokens.ts';

export { commandDeed, summary } from './audit.ts';
export type { Deed } from './deed.ts';
export { type Caller, type Limits, permitOwned, permitQueues, Rights } from './rights.ts';

/** What is to be known. Empty lists: nothing is asked. */
export interface Secrets {
  readonly passwords: readonly string[];
  readonly webPasswords: readonly string[];
}

/** What a client said of itself. */
export interface Claim {
  /** The user name, if it sent one: of a token's name only that token is tried. */
  readonly username: string | undefined;
  /** What else it said of itself: attempts that say the same are taken for the same client's. */
  readonly self: string;
  readonly address: string;
  /** Whether it has left: then there is nothing to check. */
  readonly gone: () => boolean;
}

/** An HTTP client that logs in. */
export type HttpClaim = Pick<Claim, 'address' | 'gone'>;

/** Somebody who has a session. */
export interface LoggedIn {
  readonly caller: Caller;
  /** The secret that the cookie holds. */
  readonly number: string;
}

interface AccessOptions {
  readonly rights: Rights;
  /** The data folder. */
  readonly dir: string;
  readonly log: Logger;
  readonly clock: () => Micros;
}

interface TokenCaller extends Caller {
  readonly token: SecretToken;
}

interface Candidate {
  readonly secret: string;
  readonly caller: Caller;
}

/** Whose the names are that this caller uses. Where nothing is asked, they are nobody's. */
export const ownerOf = (caller: Caller): string => (caller === anybody ? '' : caller.who);

const anybody: Caller = { who: 'anybody', limits: undefined };
const byPassword: Caller = { who: 'password', limits: undefined };
const LOOK_EVERY = 1000; // ms at which the file of the tokens is looked at

export class Access {
  readonly audit: Audit;
  /** What each caller may do. */
  readonly rights: Rights;
  readonly #dir: string;
  readonly #log: Logger;
  readonly #logins: Logins;
  readonly #clock: () => Micros;
  #sessions: Sessions | undefined;
  #secrets: Secrets;
  #must = { wire: false, http: false };
  /** By name, the one that was used last first. */
  #tokens = new Map<string, TokenCaller>();
  readonly #prover = new Prover();
  /** By which secrets are told apart that were tried; they are not kept. */
  readonly #laneKey = randomBytes(32);
  #onRevoked: (isValid: (caller: Caller) => boolean) => void = () => undefined;

  constructor(secrets: Secrets, { rights, dir, log, clock }: AccessOptions) {
    this.#secrets = secrets;
    this.rights = rights;
    this.#dir = dir;
    this.#log = log;
    this.audit = new Audit({ dir, log, clock });
    this.#clock = clock;
    this.#logins = new Logins((address) =>
      log.warn(`five failed logins from ${address}: logins from there are slowed down`),
    );
  }

  /**
   * Reads the tokens, and again when they change; `onRevoked` is then called with who is still valid.
   * Sessions are kept in `store`. Throws STORAGE.
   */
  open(store: SessionStore, onRevoked: (isValid: (caller: Caller) => boolean) => void): void {
    this.#readTokens();
    rmSync(join(this.#dir, 'sessions.json'), { force: true }); // of versions that did not store sessions
    this.#sessions = new Sessions({ store, log: this.#log, clock: this.#clock });
    this.#onRevoked = onRevoked;
    watchFile(pathOf(this.#dir), { interval: LOOK_EVERY, persistent: false }, this.look);
  }

  async close(): Promise<void> {
    unwatchFile(pathOf(this.#dir), this.look);
    this.audit.flush();
    await this.#prover.close();
  }

  /** From now on these are asked for. Who came in with a password stays in. */
  replace(secrets: Secrets): void {
    this.#secrets = secrets;
    this.#logins.secretsChanged();
  }

  /** Whether clients must prove that they know something. */
  get asks(): boolean {
    return this.#must.wire || this.has().wire;
  }

  /** Whether there is anything that clients could know, now or with other passwords. */
  has({ passwords, webPasswords }: Secrets = this.#secrets): {
    readonly wire: boolean;
    readonly http: boolean;
  } {
    const tokens = this.#tokens.size > 0;
    return { wire: tokens || passwords.length > 0, http: tokens || webPasswords.length > 0 };
  }

  /** These ports ask from now on, also when the last token is revoked: then no client gets in. */
  mustAsk(must: { readonly wire: boolean; readonly http: boolean }): void {
    this.#must = must;
  }

  /** Checks the proof that a client sent for its challenge; undefined = none was asked for. Throws AUTH, and LIMIT to whom fails too often. */
  async admit(given: string, challenge: Challenge | undefined, claim: Claim): Promise<Caller> {
    if (!challenge) return anybody;
    const found = await this.#admitted(given, challenge, claim);
    if (found) return found;
    this.#noteFailure(claim.username ?? '', claim);
    throw new FaktoryError('AUTH', 'Invalid password');
  }

  /** A token's secret cannot be guessed: a proof for a named token waits for no round, only for its turn to be computed. */
  async #admitted(proof: string, challenge: Challenge, claim: Claim): Promise<Caller | undefined> {
    const { address, gone, self, username = '' } = claim;
    const token = this.#tokens.get(username);
    const passwords = this.#candidates(username, this.#secrets.passwords);
    const candidates = token ? passwords : [...passwords, ...[...this.#tokens.values()].map(candidateOf)];
    const check = async (): Promise<Caller | undefined> => {
      // A proof costs thousands of hash rounds, so nothing is computed for what cannot be one.
      if (!/^[0-9a-f]{64}$/.test(proof)) return undefined;
      const [network, suspect] = [networkOf(address), this.#logins.isSuspect(address)];
      const secrets = candidates.map(({ secret }) => secret);
      const index = await this.#prover.find({ proof, challenge, secrets, network, suspect, gone });
      const caller = candidates[index ?? -1]?.caller;
      if (caller) this.#usedNow(caller);
      return caller;
    };
    if (!token) return this.#logins.attempt({ address, gone, check, lane: this.#lane(self), exact: false });
    const found = await check();
    if (!found) this.#logins.failed(address);
    return found;
  }

  /** Whether HTTP clients must prove that they know something. */
  get asksHttp(): boolean {
    return this.#must.http || this.has().http;
  }

  /** Checks what an HTTP client sent as `Authorization`: Basic, or Bearer NAME:SECRET for a token. Throws AUTH and LIMIT. */
  async admitHttp(authorization: string | undefined, client: HttpClaim): Promise<Caller> {
    if (!this.asksHttp) return anybody;
    const [, scheme = '', given = ''] = /^(Basic|Bearer) (.+)$/i.exec(authorization ?? '') ?? [];
    if (given === '') throw new FaktoryError('AUTH', 'Authorization required');
    const bearer = scheme.toLowerCase() === 'bearer';
    const said = bearer ? given : Buffer.from(given, 'base64').toString('utf8');
    const [name, secret] = [said.slice(0, Math.max(0, said.indexOf(':'))), said.slice(said.indexOf(':') + 1)];
    const found = await this.#known(name, secret, bearer ? [] : this.#secrets.webPasswords, client);
    if (found) return found;
    this.#noteFailure(name, client);
    throw new FaktoryError('AUTH', 'Authorization failed');
  }

  /** For the audit log. A client that has left is not noted: its proof was not checked, or it never learns the result. */
  #noteFailure(name: string, { address, gone }: HttpClaim): void {
    if (gone()) return;
    const who = name === '' ? 'password' : excerpt(name);
    this.audit.write({ who, from: address, did: 'login', what: '', ok: false });
  }

  /**
   * The web UI's login; gives what its cookie is to hold. `turn` is waited for before the result counts; undefined tells it that the
   * login is wrong. Throws AUTH and LIMIT.
   */
  async login(
    name: string,
    secret: string,
    client: HttpClaim,
    turn: (who: string | undefined) => Promise<void>,
  ): Promise<LoggedIn> {
    const caller = await this.#known(name, secret, this.#secrets.webPasswords, client);
    await turn(caller?.who);
    if (!caller) throw new FaktoryError('AUTH', 'wrong name or password');
    return { caller, number: await this.#openSessions.open(caller.who, secret) };
  }

  /**
   * Who has a session of this number; undefined: nobody. With `renew`, `fresh` is to be its number from now on.
   */
  async session(
    number: string,
    { renew = false } = {},
  ): Promise<(LoggedIn & { readonly fresh: string | undefined }) | undefined> {
    let caller: Caller | undefined;
    const secretOf = ({ who, isOf }: SessionOf): string | undefined => {
      const name = who.startsWith('token ') ? who.slice('token '.length) : '';
      const held = this.#candidates(name, who === byPassword.who ? this.#secrets.webPasswords : []);
      const found = held.find(({ secret }) => isOf(secret));
      caller = found?.caller;
      return found?.secret;
    };
    const open = await this.#openSessions.find(number, secretOf, renew);
    return open && caller && { caller, number, fresh: open.fresh };
  }

  logout(number: string): Promise<void> {
    return this.#openSessions.close(number);
  }

  get #openSessions(): Sessions {
    if (!this.#sessions) throw new FaktoryError('SHUTDOWN', 'the server is not started');
    return this.#sessions;
  }

  /**
   * Whose name and secret these are. Each look counts as a try of this address; but nobody guesses a token's secret, so who knows one
   * does not wait behind those that fail, who may come through the same proxy.
   */
  async #known(
    name: string,
    secret: string,
    passwords: readonly string[],
    { address, gone }: HttpClaim,
  ): Promise<Caller | undefined> {
    const token = this.#tokens.get(name);
    if (token && sameSecret(secret, token.token.secret)) return token;
    const check = (): Caller | undefined => {
      const candidates = this.#candidates(name, passwords);
      return candidates.find((candidate) => sameSecret(secret, candidate.secret))?.caller;
    };
    const lane = this.#lane(JSON.stringify([name, secret]));
    return this.#logins.attempt({ address, gone, check, lane, exact: true });
  }

  #lane(of: string): string {
    return createHmac('sha256', this.#laneKey).update(of).digest('base64url');
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

  /** The tokens without their secrets. Throws STORAGE. */
  tokens(): Token[] {
    return listTokens(this.#dir, this.rights);
  }

  /** Revokes a token now: its connections end. Throws NOT_FOUND and STORAGE. */
  revoke(name: string): void {
    if (!revokeToken(this.#dir, name, this.rights))
      throw new FaktoryError('NOT_FOUND', `there is no token ${excerpt(name)}`);
    this.look();
  }

  /** Reads the tokens again. Throws STORAGE and keeps them as they were. */
  reread(): void {
    this.#readTokens();
  }

  /** Reads the tokens again, now; logs why it cannot. */
  readonly look = (): void => {
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
    const before = new Set(this.#tokens.values());
    for (const token of readTokens(this.#dir, this.rights)) {
      const known = this.#tokens.get(token.name);
      const same = known?.token.secret === token.secret && known.token.scope === token.scope;
      const caller = { who: `token ${token.name}`, limits: this.rights.parseScope(token.scope), token };
      now.set(token.name, same ? known : caller);
    }
    const changed = now.size !== this.#tokens.size || [...now.values()].some((token) => !before.has(token));
    if (changed) this.#logins.secretsChanged();
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
