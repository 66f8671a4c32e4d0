/**
 * A running Redis as a source, read key by key, when it gives no snapshot (redis-snapshot.ts). It
 * only reads.
 *
 * Note: this is exact only while no client writes, so the sizes of all keys are compared before and
 * after; when one changed, nothing is imported.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { Redis } from 'ioredis';
import type { RedisAddress } from './redis-address.ts';
import { type Kind, type OnKey, parseScore, type Scored, type Source } from './source.ts';

const kinds: Readonly<Record<string, Kind>> = {
  string: 'string',
  list: 'list',
  set: 'set',
  zset: 'sorted set',
  hash: 'hash',
  stream: 'stream',
};
const PATIENCE = 30_000; // ms; a Redis that saves or is busy may be slow
const PIECE = 4 * 1024 * 1024; // bytes; wanted size of a reply
const MOST = 2000; // members in a reply
const FIRST = 100;
const RIGHTS_SNAPSHOT = '+sync +replconf';
const RIGHTS_KEYS = '+info +select +scan +type +get +llen +lrange +scard +sscan +zcard +zrange';

export class RedisSource implements Source {
  readonly name: string;
  readonly asides: string[] = [];
  readonly #redis: Redis;
  readonly #signal: AbortSignal;
  #sizes = new Map<string, number>();
  #kinds = new Map<string, Kind>();
  readonly #socket: boolean;
  #told: Error | undefined;

  /** Connects to the Redis. */
  static async open(address: RedisAddress, signal: AbortSignal): Promise<RedisSource> {
    const source = new RedisSource(address, signal);
    await withoutWarnings(() => source.#ask((redis) => redis.connect()));
    return source;
  }

  private constructor(address: RedisAddress, signal: AbortSignal) {
    const { name, at, tls, username, password, database } = address;
    this.name = name;
    this.#signal = signal;
    this.#socket = 'path' in at;
    this.#redis = new Redis({
      ...at,
      ...(tls && { tls: {} }),
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      db: database,
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      connectTimeout: PATIENCE,
      commandTimeout: PATIENCE,
      disableClientInfo: true,
    });
    this.#redis.on('error', (error) => {
      this.#told = error; // more precise than the error of connect()
    });
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }

  async keys(onKey: OnKey): Promise<void> {
    this.#kinds = new Map();
    const seen = new Set<string>();
    let cursor = '0';
    do {
      const [next, names] = await this.#ask((redis) => redis.scan(cursor, 'COUNT', 1000));
      const fresh = names.filter((name) => !seen.has(name));
      const types = await Promise.all(fresh.map((name) => this.#ask((redis) => redis.type(name))));
      for (const [index, name] of fresh.entries()) {
        seen.add(name);
        const kind = kinds[types[index] ?? ''] ?? 'module value';
        if (types[index] !== 'none' && onKey(name, kind)) this.#kinds.set(name, kind);
      }
      cursor = next;
    } while (cursor !== '0');
    this.#sizes = await this.#measure();
  }

  async string(key: string): Promise<Buffer> {
    return (await this.#ask((redis) => redis.getBuffer(key))) ?? Buffer.alloc(0);
  }

  async *set(key: string): AsyncGenerator<Buffer[]> {
    let cursor = '0';
    do {
      const [next, members] = await this.#ask((redis) => redis.sscanBuffer(key, cursor, 'COUNT', MOST));
      yield members;
      cursor = String(next);
    } while (cursor !== '0');
  }

  async *list(key: string): AsyncGenerator<Buffer[]> {
    const size = this.#sizes.get(key) ?? 0;
    for (let [done, count] = [0, FIRST]; done < size; ) {
      const piece = await this.#ask((redis) => redis.lrangeBuffer(key, -done - count, -done - 1));
      if (piece.length === 0) return; // `unchanged` reports it
      yield piece.reverse();
      done += count;
      count = nextCount(piece);
    }
  }

  async *sorted(key: string): AsyncGenerator<Scored[]> {
    const size = this.#sizes.get(key) ?? 0;
    for (let [done, count] = [0, FIRST]; done < size; ) {
      const flat = await this.#ask((redis) => redis.zrangeBuffer(key, done, done + count - 1, 'WITHSCORES'));
      if (flat.length === 0) return;
      const members = flat.filter((_, index) => index % 2 === 0);
      yield members.map((member, index) => ({ member, score: parseScore(String(flat[index * 2 + 1])) }));
      done += count;
      count = nextCount(members);
    }
  }

  async unchanged(): Promise<void> {
    const sizes = await this.#measure();
    const moved = [...sizes].filter(([key, size]) => this.#sizes.get(key) !== size).map(([key]) => key);
    if (moved.length === 0) return;
    const text = `${moved.slice(0, 3).join(', ')} changed while the jobs were read; stop Faktory, because it moves due jobs, or let this program take a snapshot: the user of the URL needs the right to SYNC`;
    throw new FaktoryError('ERR', text);
  }

  /** The number of members of each key, and the number of executions. */
  async #measure(): Promise<Map<string, number>> {
    const measured = [...this.#kinds].map(async ([key, kind]) => {
      return [key, await this.#ask((redis) => sizeOf(redis, key, kind))] as const;
    });
    return new Map(await Promise.all(measured));
  }

  async #ask<T>(act: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.#signal.aborted) throw new FaktoryError('ABORTED', 'cancelled');
    try {
      return await act(this.#redis);
    } catch (cause) {
      const told = this.#told?.message ?? (cause as Error).message;
      const code = /NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(told) ? 'AUTH' : 'CLOSED';
      const advice = adviceFor(told, this.#socket);
      throw new FaktoryError(code, `the Redis at ${this.name} gave an error: ${told}; ${advice}`, { cause });
    }
  }
}

/**
 * Silences the library, which writes a line to the console when the Redis needs no password and one
 * is given.
 */
async function withoutWarnings<T>(work: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await work();
  } finally {
    console.warn = warn;
  }
}

/** Advice for an error of the Redis. */
function adviceFor(told: string, socket: boolean): string {
  if (/NOPERM/i.test(told))
    return `its user needs these rights: ${RIGHTS_SNAPSHOT} (ACL SETUSER), or for reading key by key ${RIGHTS_KEYS}, and ~* for the keys`;
  if (/NOAUTH|WRONGPASS|invalid password/i.test(told))
    return socket
      ? 'put it into the URL: unix:/PATH/OF/SOCKET?password=PASSWORD, and user=USER when the Redis has users'
      : 'put it into the URL: redis://:PASSWORD@HOST, or redis://USER:PASSWORD@HOST when the Redis has users';
  return 'check that it runs, and the address';
}

function sizeOf(redis: Redis, key: string, kind: Kind): Promise<number> {
  if (kind === 'list') return redis.llen(key);
  if (kind === 'set') return redis.scard(key);
  if (kind === 'sorted set') return redis.zcard(key);
  return redis.get(key).then(Number);
}

/** The number of members whose reply has about the wanted size. */
function nextCount(members: readonly Buffer[]): number {
  const bytes = members.reduce((sum, { length }) => sum + length, 0);
  return Math.max(1, Math.min(MOST, Math.floor((PIECE * members.length) / Math.max(bytes, 1))));
}
