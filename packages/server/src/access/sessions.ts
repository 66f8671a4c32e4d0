/**
 * Sessions of the web UI: a random secret in a cookie stands for the password or token that was
 * shown once. They are shared texts of the store, so each server on it knows them.
 *
 * Neither this secret nor a password is stored: of the session's secret its digest is, and of the
 * password or token a proof that needs both. So a session ends when its password or token does.
 * Note: a secret is replaced every hour while it is used. The old one stays valid until one minute
 * after the new one was shown, because answers can be lost and requests of one page overlap.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Micros } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';

/** Whose a session is, as `Caller.who` names it, and the proof of what was shown. */
export interface SessionOf {
  readonly who: string;
  /** Whether this secret is the one that was shown. */
  readonly isOf: (secret: string) => boolean;
}

/** A valid session; `fresh` is the secret that replaces the cookie's. */
export interface OpenSession extends SessionOf {
  readonly fresh: string | undefined;
}

/** Where the sessions are. The engine is one. */
export interface SessionStore {
  share(name: string, text: string | undefined, lasts: Micros): Promise<void>;
  /** `at`: when the text was written. */
  shared(prefix: string): Promise<ReadonlyMap<string, { readonly text: string; readonly at: Micros }>>;
}

interface Session {
  readonly who: string;
  readonly proof: string;
  /** Names the login: all secrets that replaced its first one have the same. */
  readonly login: string;
  /** Time of the login. */
  readonly born: Micros;
  /** When this secret was made. */
  readonly made: Micros;
  /** When a secret was last made to replace it. */
  readonly renewed: Micros;
  /** Last use, up to a minute ago; undefined: the browser has not shown it, so may never have received it. */
  readonly seen?: Micros | undefined;
  /** Its end, once a later secret was shown. */
  readonly until?: Micros | undefined;
}

const SECOND: Micros = 1_000_000;
const IDLE = 12 * 3600 * SECOND;
const LONGEST = 7 * 86_400 * SECOND;
const RENEWED = 3600 * SECOND;
const CROSSING = 60 * SECOND;
const NOTED = 60 * SECOND; // between two writes of the last use
/** A caller's sessions. One more login ends the caller's oldest, and never one of another caller. */
const MOST_EACH = 100;
const MOST_KNOWN = 1000;
const PREFIX = 'session:';
const TIMES = ['born', 'made', 'renewed', 'seen', 'until'] as const;

export class Sessions {
  readonly #store: SessionStore;
  readonly #log: Logger;
  readonly #clock: () => Micros;
  /** Used lately; read only while the store fails. */
  readonly #known = new Map<string, Session>();
  /** What the store refused, on a full disk for example. They end with the process. */
  readonly #unsaved = new Map<string, Session>();
  /** Secrets that are being replaced. */
  readonly #renewing = new Set<string>();

  constructor({ store, log, clock }: { store: SessionStore; log: Logger; clock: () => Micros }) {
    this.#store = store;
    this.#log = log;
    this.#clock = clock;
  }

  /** Begins a session; resolves with its secret. */
  async open(who: string, secret: string): Promise<string> {
    const now = this.#clock();
    const number = await this.#make(who, secret, { login: newNumber(), born: now, seen: now }, now);
    await this.#endOldest(who);
    return number;
  }

  /**
   * Undefined: there is no such session, or it has ended. `secretOf` finds the password or token that was
   * shown; `renew`: its secret may be replaced, because the answer takes the new one to the browser.
   */
  async find(
    number: string,
    secretOf: (session: SessionOf) => string | undefined,
    renew: boolean,
  ): Promise<OpenSession | undefined> {
    const key = digest(number);
    const session = await this.#read(key);
    const now = this.#clock();
    if (!session || isOver(session, now)) return undefined;
    const { who, proof, until, renewed, seen } = session;
    const isOf = (secret: string): boolean => proofOf(key, secret) === proof;
    const secret = secretOf({ who, isOf });
    if (secret === undefined) return undefined;
    const isValid = { who, isOf, fresh: undefined };
    if (this.#renewing.has(key)) return isValid; // that request writes the session
    if (renew && until === undefined && now - renewed > RENEWED)
      return { who, isOf, fresh: await this.#renew(key, session, secret, now) };
    if (seen === undefined || now - seen > NOTED) await this.#write(key, { ...session, seen: now });
    if (seen === undefined) await this.#endOlder(session, now);
    return isValid;
  }

  /** Ends all secrets of the same login. */
  async close(number: string): Promise<void> {
    const key = digest(number);
    const closed = await this.#read(key);
    if (!closed) return;
    const all = [...(await this.#all())].filter(([, { login }]) => login === closed.login);
    for (const name of new Set([key, ...all.map(([name]) => name)])) await this.#delete(name);
  }

  async #renew(key: string, session: Session, secret: string, now: Micros): Promise<string> {
    this.#renewing.add(key);
    try {
      const { who, login, born, seen } = session;
      if (seen === undefined) await this.#endOlder(session, now);
      await this.#write(key, { ...session, seen: now, renewed: now });
      return await this.#make(who, secret, { login, born }, now);
    } finally {
      this.#renewing.delete(key);
    }
  }

  async #make(
    who: string,
    secret: string,
    rest: Pick<Session, 'login' | 'born' | 'seen'>,
    now: Micros,
  ): Promise<string> {
    const number = newNumber();
    const key = digest(number);
    await this.#write(key, { who, proof: proofOf(key, secret), ...rest, made: now, renewed: now });
    return number;
  }

  /** The browser has this secret, so it shows an older one only in requests that are under way. */
  async #endOlder({ login, made }: Session, now: Micros): Promise<void> {
    for (const [key, other] of await this.#all())
      if (other.login === login && other.made < made && other.until === undefined)
        await this.#write(key, { ...other, until: now + CROSSING });
  }

  /** What the store refuses to delete goes with a later login of this caller. */
  async #endOldest(who: string): Promise<void> {
    const own = [...(await this.#all())].filter(([, session]) => session.who === who);
    own.sort(([, a], [, b]) => a.made - b.made);
    for (const [key] of own.slice(0, -MOST_EACH)) await this.#delete(key).catch(() => undefined);
  }

  async #delete(key: string): Promise<void> {
    this.#known.delete(key);
    this.#unsaved.delete(key);
    await this.#store.share(PREFIX + key, undefined, 0);
  }

  async #read(key: string): Promise<Session | undefined> {
    const unsaved = this.#unsaved.get(key);
    if (unsaved) return unsaved;
    try {
      const stored = (await this.#store.shared(PREFIX + key)).get(PREFIX + key);
      return stored && this.#remember(key, sessionIn(stored));
    } catch {
      return this.#known.get(key);
    }
  }

  /** All sessions; those that this process knows, while the store cannot be read. */
  async #all(): Promise<ReadonlyMap<string, Session>> {
    const all = new Map<string, Session>();
    try {
      for (const [name, stored] of await this.#store.shared(PREFIX))
        all.set(name.slice(PREFIX.length), sessionIn(stored));
    } catch {
      for (const [key, session] of this.#known) all.set(key, session);
    }
    for (const [key, session] of this.#unsaved) all.set(key, session);
    return all;
  }

  /** Never rejects: while the store refuses to write, operators must be able to log in. */
  async #write(key: string, session: Session): Promise<void> {
    const now = this.#clock();
    this.#remember(key, session);
    try {
      await this.#store.share(PREFIX + key, textOf(session, now), endOf(session) - now);
      this.#unsaved.delete(key);
    } catch (error) {
      if (this.#unsaved.size === 0)
        this.#log.warn(`a session of the web UI is not stored and ends with the server: ${String(error)}`);
      this.#unsaved.set(key, session);
      trim(this.#unsaved);
    }
  }

  #remember(key: string, session: Session): Session {
    this.#known.delete(key);
    this.#known.set(key, session);
    trim(this.#known);
    return session;
  }
}

function trim(sessions: Map<string, Session>): void {
  if (sessions.size <= MOST_KNOWN) return;
  for (const [oldest] of sessions) {
    sessions.delete(oldest);
    break;
  }
}

/** Times are stored as lengths before the write, because the wall clock may be set meanwhile. */
function textOf(session: Session, now: Micros): string {
  const ago = TIMES.map((name) => [name, session[name] === undefined ? undefined : now - session[name]]);
  return JSON.stringify({ ...session, ...Object.fromEntries(ago) });
}

function sessionIn({ text, at }: { readonly text: string; readonly at: Micros }): Session {
  const stored = JSON.parse(text) as Session;
  const times = TIMES.map((name) => [name, stored[name] === undefined ? undefined : at - stored[name]]);
  return { ...stored, ...Object.fromEntries(times) };
}

function endOf({ born, made, seen = 0, until = Number.POSITIVE_INFINITY }: Session): Micros {
  return Math.min(Math.max(made, seen) + IDLE, born + LONGEST, until);
}

const isOver = (session: Session, now: Micros): boolean => now > endOf(session);

const newNumber = (): string => randomBytes(32).toString('base64url');
const digest = (number: string): string => createHash('sha256').update(number).digest('hex');
const proofOf = (key: string, secret: string): string =>
  createHmac('sha256', key).update(secret).digest('hex');
