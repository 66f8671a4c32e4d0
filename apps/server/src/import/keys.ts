/**
 * Finds Faktory's keys in a Redis, and what they hold. Keys that are not known to be Faktory's are
 * ignored and reported.
 *
 * Note: a queue NAME is the list `q:NAME` since 1.10 and was `NAME` before; after an upgrade both
 * can exist.
 */
import { queueName } from '@faktory-ts/protocol';
import type { Kind, Source } from './source.ts';

export type SetName = 'scheduled' | 'retries' | 'dead' | 'working';

/** The data to import. */
export interface Contents {
  /** In the order of their names; the lists of each begin with the oldest jobs. */
  readonly queues: readonly { readonly name: string; readonly paused: boolean; readonly lists: string[] }[];
  readonly sets: ReadonlySet<SetName>;
  readonly days: readonly { readonly day: string; readonly processed: number; readonly failures: number }[];
  readonly totals: { readonly processed: number; readonly failures: number };
  /** Texts about ignored or strange keys. */
  readonly odd: readonly string[];
}

const known: Readonly<Record<string, Kind>> = {
  queues: 'set',
  paused: 'set',
  scheduled: 'sorted set',
  retries: 'sorted set',
  dead: 'sorted set',
  working: 'sorted set',
  processed: 'string',
  failures: 'string',
  v: 'string', // the version of Faktory's own layout
};
const daily = /^(?:processed|failures):(\d{4}-\d{2}-\d{2})$/;
const MOST_STRANGE = 20; // families of keys that are reported

/** Finds what a source holds. */
export async function contentsOf(source: Source): Promise<Contents> {
  const found = new Found();
  await source.keys((name, kind) => found.take(name, kind));
  const read = async (key: string): Promise<number> => {
    if (!found.keys.has(key)) return 0;
    const count = Number(String(await source.string(key)));
    if (Number.isSafeInteger(count) && count >= 0) return count;
    found.odd.push(`${key} is not a number: skipped`);
    return 0;
  };
  const count = async (suffix: string) => {
    return { processed: await read(`processed${suffix}`), failures: await read(`failures${suffix}`) };
  };
  const days = [];
  for (const day of [...found.days].sort()) days.push({ day, ...(await count(`:${day}`)) });
  const queues = found.queues(await members(source, found, 'queues'), await members(source, found, 'paused'));
  const sets = new Set(
    (['scheduled', 'retries', 'dead', 'working'] as const).filter((set) => found.keys.has(set)),
  );
  const totals = await count('');
  return { queues, sets, days, totals, odd: [...source.asides, ...found.odd, ...found.strangers()] };
}

async function members(source: Source, found: Found, key: string): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  if (!found.keys.has(key)) return all;
  for await (const piece of source.set(key)) for (const member of piece) all.add(String(member));
  return all;
}

class Found {
  readonly keys = new Set<string>();
  readonly days = new Set<string>();
  readonly odd: string[] = [];
  readonly #lists = new Set<string>();
  readonly #strange = new Map<string, { count: number; sample: string }>();

  /** Returns whether the key can be Faktory's. */
  take(name: string, kind: Kind): boolean {
    const expected = Object.hasOwn(known, name) ? known[name] : undefined;
    const day = daily.exec(name)?.[1];
    if (kind === expected) this.keys.add(name);
    else if (kind === 'list' && queueName.test(name.replace(/^q:/, ''))) this.#lists.add(name);
    else if (kind === 'string' && day !== undefined && isDay(day)) {
      this.keys.add(name);
      this.days.add(day);
    } else {
      this.#stranger(name, kind);
      return false;
    }
    return true;
  }

  queues(listed: ReadonlySet<string>, paused: ReadonlySet<string>): Contents['queues'] {
    const names = new Set<string>();
    for (const name of [...listed, ...paused]) {
      if (!queueName.test(name))
        this.odd.push(`the queue ${JSON.stringify(name)} has an invalid name: skipped`);
      else if (listed.has(name)) names.add(name);
    }
    for (const list of this.#lists) {
      if (list.startsWith('q:')) names.add(list.slice(2));
      else if (!listed.has(list)) {
        this.odd.push(`the list ${list} is named like a queue, but is not in the set "queues": ignored`);
      }
    }
    return [...names].sort().map((name) => ({
      name,
      paused: paused.has(name),
      lists: [name, `q:${name}`].filter((list) => this.#lists.has(list)),
    }));
  }

  strangers(): string[] {
    return [...this.#strange].map(([family, { count, sample }]) => {
      const what = family === 'unique:' ? 'locks of unique jobs, which are not imported' : 'unknown';
      return `${count} key${count === 1 ? '' : 's'} such as ${JSON.stringify(sample)}: ignored (${what})`;
    });
  }

  #stranger(name: string, kind: Kind): void {
    const family = /^[^:]*:/.exec(name)?.[0] ?? kind;
    const group = this.#strange.has(family) || this.#strange.size < MOST_STRANGE ? family : 'others';
    const seen = this.#strange.get(group);
    if (seen) seen.count++;
    else this.#strange.set(group, { count: 1, sample: name.slice(0, 100) });
  }
}

function isDay(text: string): boolean {
  return text > '1970-01-01' && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;
}
