/**
 * Sessions of the web UI: a random secret in a cookie stands for the password or token that was
 * shown once.
 *
 * Neither this secret nor a password is stored: of the session's secret its digest is, and of the
 * password or token a proof that needs both. So a session ends when its password or token does.
 * Note: a secret is replaced every hour while it is used. The old one stays valid until one minute
 * after the new one was shown, because answers can be lost and requests of one page overlap.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Micros } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';
import { LateFile } from './late-file.ts';

/** Whose a session is, as `Caller.who` says it, and the proof of what was shown. */
export interface SessionOf {
  readonly who: string;
  /** Whether this secret is the one that was shown. */
  readonly isOf: (secret: string) => boolean;
}

/** What a session's cookie is good for; `fresh` takes its place. */
export interface OpenSession extends SessionOf {
  readonly fresh: string | undefined;
}

interface Session {
  readonly who: string;
  readonly proof: string;
  /** The login: all numbers that came of it have the same. */
  readonly login: string;
  readonly born: Micros;
  /** When this number was made. */
  readonly made: Micros;
  /** When another was last made to take its place. */
  renewed: Micros;
  /** Last use; 0: the browser has not shown it yet, so it may never have come there. */
  seen: Micros;
  /** Set when a later number was shown. */
  until?: Micros;
}

const SECOND: Micros = 1_000_000;
const IDLE = 12 * 3600 * SECOND;
const LONGEST = 7 * 86_400 * SECOND;
const RENEWED = 3600 * SECOND;
const CROSSING = 60 * SECOND;
/** Sessions of one caller: more logins end that caller's oldest ones, and never those of another caller. */
const MOST_EACH = 100;

export class Sessions {
  readonly #path: string;
  readonly #file: LateFile;
  readonly #log: Logger;
  readonly #clock: () => Micros;
  /** By the number's digest, the one that was made last at the end. */
  #sessions = new Map<string, Session>();

  constructor({ dir, log, clock }: { dir: string; log: Logger; clock: () => Micros }) {
    this.#path = join(dir, 'sessions.json');
    this.#log = log;
    this.#clock = clock;
    this.#file = new LateFile(
      this.#path,
      () => `${JSON.stringify({ version: 2, sessions: [...this.#sessions] })}\n`,
      (error) => log.warn(`sessions of the web UI will not outlive a restart: ${error.message}`),
    );
  }

  /** Those of before a restart hold on. A file that cannot be read means that all log in again. */
  load(): void {
    rmSync(`${this.#path}.new`, { force: true });
    try {
      const { version, sessions } = JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, unknown>;
      if (version === 2) this.#sessions = new Map(sessions as [string, Session][]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.#log.warn(`${this.#path} cannot be read: who uses the web UI has to log in again`);
    }
  }

  /** The clock was set by so much: the times of before move along. */
  clockSet(by: Micros): void {
    for (const [key, session] of this.#sessions) {
      const { born, made, renewed, seen, until } = session;
      const moved = { born: born + by, made: made + by, renewed: renewed + by, seen: seen && seen + by };
      this.#sessions.set(key, { ...session, ...moved, ...(until !== undefined && { until: until + by }) });
    }
    if (this.#sessions.size > 0) this.#save();
  }

  /** Begins a session; gives its number. */
  open(who: string, secret: string): string {
    const now = this.#clock();
    return this.#make(who, secret, { login: newNumber(), born: now, seen: now }, now);
  }

  /**
   * Undefined: there is no such session, or no longer. `secretOf` finds the secret that was shown; `renew`: its number may be replaced, as
   * the answer takes the new one along.
   */
  find(
    number: string,
    secretOf: (session: SessionOf) => string | undefined,
    renew: boolean,
  ): OpenSession | undefined {
    const now = this.#clock();
    const key = digest(number);
    const session = this.#sessions.get(key);
    if (!session || isOver(session, now)) return undefined;
    const { who, proof } = session;
    const isOf = (secret: string): boolean => proofOf(key, secret) === proof;
    const secret = secretOf({ who, isOf });
    if (secret === undefined) return undefined;
    if (session.seen === 0) this.#endOlder(session, now);
    session.seen = now;
    const due = renew && session.until === undefined && now - session.renewed > RENEWED;
    return { who, isOf, fresh: due ? this.#renew(session, secret, now) : undefined };
  }

  /** Ends what came of the same login, too. */
  close(number: string): void {
    const closed = this.#sessions.get(digest(number));
    if (!closed) return;
    for (const [key, { login }] of this.#sessions) if (login === closed.login) this.#sessions.delete(key);
    this.#save();
  }

  #renew(session: Session, secret: string, now: Micros): string {
    session.renewed = now;
    const { who, login, born } = session;
    return this.#make(who, secret, { login, born, seen: 0 }, now);
  }

  #make(who: string, secret: string, rest: Pick<Session, 'login' | 'born' | 'seen'>, now: Micros): string {
    const number = newNumber();
    const key = digest(number);
    this.#sessions.set(key, { who, proof: proofOf(key, secret), ...rest, made: now, renewed: now });
    this.#forgetOld(who, now);
    this.#save();
    return number;
  }

  /** The browser has this one: it shows no older one any more, but for what is under way. */
  #endOlder({ login, made }: Session, now: Micros): void {
    for (const other of this.#sessions.values())
      if (other.login === login && other.made < made) other.until ??= now + CROSSING;
    this.#save();
  }

  #forgetOld(who: string, now: Micros): void {
    const own: string[] = [];
    for (const [key, session] of this.#sessions) {
      if (isOver(session, now)) this.#sessions.delete(key);
      else if (session.who === who) own.push(key);
    }
    for (const key of own.slice(0, -MOST_EACH)) this.#sessions.delete(key);
  }

  /** Writes what is not on disk yet. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  #save(): void {
    this.#file.changed();
  }
}

function isOver({ born, made, seen, until }: Session, now: Micros): boolean {
  return now - Math.max(made, seen) > IDLE || now - born > LONGEST || (until !== undefined && now > until);
}

const newNumber = (): string => randomBytes(32).toString('base64url');
const digest = (number: string): string => createHash('sha256').update(number).digest('hex');
const proofOf = (key: string, secret: string): string =>
  createHmac('sha256', key).update(secret).digest('hex');
