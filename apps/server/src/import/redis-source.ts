/*
 * A Redis that runs as a source. It must only read, and must never print the URL: a password may be in it.
 * A stranger would get wrong that reading in pieces is exact only while nobody writes: so the sizes of all keys are compared before and
 * after, and when one moved, nothing of the reading counts.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { Redis, type RedisOptions } from 'ioredis';
import { type Kind, type OnKey, parseScore, type Scored, type Source } from './source.ts';

const kinds: Readonly<Record<string, Kind>> = {
  string: 'string',
  list: 'list',
  set: 'set',
  zset: 'sorted set',
  hash: 'hash',
  stream: 'stream',
};
const PATIENCE = 30_000; // ms; a Redis that saves or is busy may need some
const PIECE = 4 * 1024 * 1024; // bytes that one reply should have
const MOST = 2000; // members in one reply
const FIRST = 100;

export class RedisSource implements Source {
  readonly name: string;
  readonly asides: string[] = [];
  readonly #redis: Redis;
  readonly #signal: AbortSignal;
  #sizes = new Map<string, number>();
  #kinds = new Map<string, Kind>();
  #told: Error | undefined;

  /** Connects. */
  static async open(url: string, database: number | undefined, signal: AbortSignal): Promise<RedisSource> {
    const source = new RedisSource(url, database, signal);
    await source.#ask((redis) => redis.connect());
    return source;
  }

  private constructor(url: string, database: number | undefined, signal: AbortSignal) {
    const { name, options } = addressOf(url);
    this.name = name;
    this.#signal = signal;
    this.#redis = new Redis({
      ...options,
      ...(database === undefined ? {} : { db: database }),
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      connectTimeout: PATIENCE,
      commandTimeout: PATIENCE,
      disableClientInfo: true,
    });
    this.#redis.on('error', (error) => {
      this.#told = error; // says more than what connect() rejects with
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
      if (piece.length === 0) return; // `unchanged` tells of it
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
    const text = `${moved.slice(0, 3).join(', ')} changed while the jobs were read; stop all workers and producers and try again, or stop Faktory and import its faktory.rdb`;
    throw new FaktoryError('ERR', text);
  }

  /** How many are in each key, and the number of executions. */
  async #measure(): Promise<Map<string, number>> {
    const measured = [...this.#kinds].map(async ([key, kind]) => {
      return [key, await this.#ask((redis) => sizeOf(redis, key, kind))] as const;
    });
    return new Map(await Promise.all(measured));
  }

  async #ask<T>(act: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.#signal.aborted) throw new FaktoryError('ABORTED', 'given up');
    try {
      return await act(this.#redis);
    } catch (cause) {
      const told = this.#told?.message ?? (cause as Error).message;
      const code = /NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(told) ? 'AUTH' : 'CLOSED';
      const advice =
        code === 'AUTH' ? 'the URL takes it: redis://:PASSWORD@HOST' : 'is it running, is the address right?';
      throw new FaktoryError(
        code,
        `the Redis at ${this.name} does not answer as it should: ${told}; ${advice}`,
        { cause },
      );
    }
  }
}

function sizeOf(redis: Redis, key: string, kind: Kind): Promise<number> {
  if (kind === 'list') return redis.llen(key);
  if (kind === 'set') return redis.scard(key);
  if (kind === 'sorted set') return redis.zcard(key);
  return redis.get(key).then(Number);
}

/** So many that their reply is about a piece. */
function nextCount(members: readonly Buffer[]): number {
  const bytes = members.reduce((sum, { length }) => sum + length, 0);
  return Math.max(1, Math.min(MOST, Math.floor((PIECE * members.length) / Math.max(bytes, 1))));
}

/** How a URL is dialled, and how people are told of it. Throws CONFIG, without the URL. */
function addressOf(text: string): { name: string; options: RedisOptions } {
  const refuse = (cause?: unknown): never => {
    const ways = 'redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], rediss://… or unix:/PATH/OF/SOCKET';
    throw new FaktoryError('CONFIG', `that is no URL of a Redis; write ${ways}`, { cause });
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    return refuse(cause);
  }
  const { protocol, hostname, username, password, pathname, searchParams } = url;
  const login = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const who = {
    ...(login.username && { username: login.username }),
    ...(login.password && { password: login.password }),
  };
  if (protocol === 'unix:') {
    const path = decodeURIComponent(pathname);
    return { name: path, options: { ...who, path, db: Number(searchParams.get('db') ?? 0) } };
  }
  const database = pathname.replace(/^\//, '') || '0';
  if (!/^rediss?:$/.test(protocol) || hostname === '' || !/^\d+$/.test(database)) return refuse();
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 6379);
  const tls = protocol === 'rediss:' ? { tls: {} } : {};
  return {
    name: `${hostname}:${port}/${database}`,
    options: { ...who, ...tls, host, port, db: Number(database) },
  };
}
