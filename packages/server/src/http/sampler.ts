/**
 * Reads what open pages show, once for all pages, and only while a page is open.
 *
 * Each row carries the number of the sample in which it last changed, so comparing two numbers says
 * which rows a page has not seen, however slowly it reads.
 * Note: a growing waiting time does not count as a change of its row, because the page counts the
 * seconds itself.
 */
import type {
  Attention,
  LiveStats,
  LiveTopic,
  LiveUpdate,
  QueueRow,
  WorkerStatus,
} from '@faktory-ts/protocol';
import { arrayPieces, objectPieces, writeInParts } from '../json-list.ts';
import { PAGE_PART, pageParts } from '../rounds.ts';
import { workerPieces } from '../workers/status.ts';

/** Where the looks go. */
export interface Looks {
  stats(): Promise<LiveStats>;
  attention(): Promise<readonly Attention[]>;
  queues(): Promise<readonly QueueRow[]>;
  workers(): Promise<readonly WorkerStatus[]>;
}

/** Milliseconds without a look after one that took so long. */
export const restAfter = (took: number): number => Math.min(took * BREATH, LONGEST_REST);

/** Topics that are looked at; events come by themselves. */
export type Looked = Exclude<LiveTopic, 'events'>;

/** Milliseconds from one look to the next; more when a look takes long. */
const every: Readonly<Record<Looked, number>> = { stats: 500, queues: 500, workers: 1000, attention: 5000 };
const LINGER = 5000; // ms that is kept what nobody wants any more
const BREATH = 4; // times as long as a look took, until the next
const LONGEST_REST = 2000; // ms; a slow look waits for a busy processor most of its time, and the reader's thread limits its own part

interface Seen<Row> {
  /** Undefined: it is gone. */
  readonly row: Row | undefined;
  readonly text: string;
  readonly changed: number;
}

interface Wanted {
  due: number;
  look: Promise<void> | undefined;
  /** Of the last look; 0: what is known is too old to be told. */
  number: number;
  /** Since when nobody wants it any more. */
  left: number | undefined;
}

/** What a page is sent, and what it has seen then. */
export interface Told {
  readonly message: Buffer;
  readonly seen: ReadonlyMap<LiveTopic, number>;
}

export class Sampler {
  readonly #looks: Looks;
  readonly #onLook: () => void;
  readonly #rows = {
    queues: new Map<string, Seen<QueueRow>>(),
    workers: new Map<string, Seen<WorkerStatus>>(),
  };
  readonly #whole: { stats?: Seen<LiveStats>; attention?: Seen<readonly Attention[]> } = {};
  readonly #wanted = new Map<Looked, Wanted>();
  /** What was told since the last look: most pages know the same. */
  readonly #told = new Map<string, Told>();
  #number = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `onLook` is told after each look. */
  constructor(looks: Looks, onLook: () => void) {
    this.#looks = looks;
    this.#onLook = onLook;
  }

  /** From now on these are looked at; none: nothing is. However often pages come and go, none is looked at more often for that. */
  want(topics: ReadonlySet<LiveTopic>): void {
    const now = performance.now();
    for (const [topic, wanted] of this.#wanted) if (!topics.has(topic)) wanted.left ??= now;
    for (const topic of topics) {
      if (topic === 'events') continue;
      const known = this.#wanted.get(topic);
      if (known?.left !== undefined && known.due <= now) {
        known.number = 0;
        this.#told.clear();
      }
      if (known) known.left = undefined;
      else this.#wanted.set(topic, { due: 0, look: undefined, number: 0, left: undefined });
    }
    this.#arm();
  }

  /** Whether one of these has been looked at that was never told. */
  hasNew(topics: ReadonlySet<LiveTopic>, seen: ReadonlyMap<LiveTopic, number>): boolean {
    return [...topics].some(
      (topic) => topic !== 'events' && !seen.has(topic) && Boolean(this.#wanted.get(topic)?.number),
    );
  }

  /** As `since`, ready to be sent, and made once for all pages that have seen the same. */
  told(topics: ReadonlySet<LiveTopic>, after: ReadonlyMap<LiveTopic, number>): Told {
    const name = [...topics].map((topic) => `${topic} ${after.get(topic) ?? 0}`).join();
    const known = this.#told.get(name);
    if (known) return known;
    const { update, seen } = this.since(topics, after);
    const made = { message: Buffer.from(JSON.stringify(update)), seen };
    this.#told.set(name, made);
    return made;
  }

  /** What changed after the look of this number; the number to ask with next time. */
  since(
    topics: ReadonlySet<LiveTopic>,
    after: ReadonlyMap<LiveTopic, number>,
  ): { update: LiveUpdate; seen: Map<LiveTopic, number> } {
    const update: LiveUpdate = {};
    const seen = new Map<LiveTopic, number>();
    for (const topic of topics) {
      const looked = topic === 'events' ? undefined : this.#wanted.get(topic);
      if (!looked?.number) continue; // not looked at yet: then it is told whole
      const from = after.get(topic) ?? 0;
      seen.set(topic, looked.number);
      const told = this.#changed(topic, from);
      if (told !== undefined) Object.assign(update, { [topic]: told });
    }
    return { update, seen };
  }

  /** The JSON of one look at each of these now, as a whole. */
  async whole(topics: ReadonlySet<LiveTopic>): Promise<Buffer> {
    const looks = this.#looks;
    const members: [string, Iterable<string>][] = [];
    const add = (topic: LiveTopic, pieces: Iterable<string>): void => void members.push([topic, pieces]);
    if (topics.has('stats')) add('stats', [JSON.stringify(await looks.stats())]);
    if (topics.has('attention')) add('attention', arrayPieces(await looks.attention()));
    if (topics.has('queues')) add('queues', objectPieces(namedBy(queueSeen.nameOf, await looks.queues())));
    if (topics.has('workers')) {
      const workers = namedBy(workerSeen.nameOf, await looks.workers());
      add('workers', objectPieces(workers, workerPieces));
    }
    return writeInParts(objectPieces(members, (pieces) => pieces));
  }

  #changed(topic: LiveTopic, from: number): unknown {
    if (topic === 'queues' || topic === 'workers') return changedRows<unknown>(this.#rows[topic], from);
    const whole = topic === 'events' ? undefined : this.#whole[topic];
    return whole && whole.changed > from ? whole.row : undefined;
  }

  #forget(topic: Looked): void {
    this.#wanted.delete(topic);
    this.#told.clear();
    if (topic === 'queues' || topic === 'workers') this.#rows[topic].clear();
    else delete this.#whole[topic];
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const resting = [...this.#wanted.values()].filter(({ look }) => !look);
    const next = Math.min(...resting.map(({ due, left }) => (left === undefined ? due : left + LINGER)));
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#lookAll(), Math.max(0, next - performance.now()));
    this.#timer.unref();
  }

  #lookAll(): void {
    const begun = performance.now();
    for (const [topic, wanted] of this.#wanted) {
      if (wanted.look) continue;
      if (wanted.left !== undefined) {
        if (wanted.left + LINGER <= begun) this.#forget(topic);
        continue;
      }
      if (wanted.due > begun) continue;
      wanted.look = this.#look(topic)
        .catch(() => undefined) // the store is closing, or the thread was lost: the next look tells
        .then(() => {
          const took = performance.now() - begun;
          wanted.look = undefined;
          wanted.due = performance.now() + Math.max(every[topic] - took, restAfter(took));
          this.#onLook();
          this.#arm();
        });
    }
    this.#arm();
  }

  async #look(topic: Looked): Promise<void> {
    const rows = await this.#looks[topic]();
    const texts =
      topic === 'queues' || topic === 'workers'
        ? await pageParts.read(textsOf<never>(rows as never[], seenOf[topic] as HowSeen<never>))
        : [];
    const wanted = this.#wanted.get(topic);
    if (!wanted) return;
    this.#number += 1;
    wanted.number = this.#number;
    this.#told.clear();
    if (topic === 'queues')
      keep(this.#rows.queues, { rows: rows as QueueRow[], texts }, queueSeen, this.#number);
    else if (topic === 'workers')
      keep(this.#rows.workers, { rows: rows as WorkerStatus[], texts }, workerSeen, this.#number);
    else this.#keepWhole(topic, rows as LiveStats | Attention[]);
  }

  #keepWhole(topic: 'stats' | 'attention', row: LiveStats | readonly Attention[]): void {
    const text = JSON.stringify(row);
    if (this.#whole[topic]?.text === text) return;
    Object.assign(this.#whole, { [topic]: { row, text, changed: this.#number } });
  }
}

interface HowSeen<Row> {
  readonly nameOf: (row: Row) => string;
  /** What makes it another row. */
  readonly told: (row: Row) => unknown;
}

const queueSeen: HowSeen<QueueRow> = {
  nameOf: ({ name }) => name,
  told: ({ latency: _, ...row }) => row,
};
const workerSeen: HowSeen<WorkerStatus> = { nameOf: ({ wid }) => wid, told: (row) => row };
const seenOf = { queues: queueSeen, workers: workerSeen } as const;

function* namedBy<Row>(
  nameOf: (row: Row) => string,
  rows: readonly Row[],
): Generator<readonly [string, Row]> {
  for (const row of rows) yield [nameOf(row), row];
}

/** The text of each row that tells whether the row is another one. Each part is made in a round of its own. */
function* textsOf<Row>(rows: readonly Row[], { told }: HowSeen<Row>): Generator<void, readonly string[]> {
  const texts: string[] = [];
  let length = 0;
  for (const row of rows) {
    const text = JSON.stringify(told(row));
    texts.push(text);
    length += text.length;
    if (length < PAGE_PART) continue;
    length = 0;
    yield;
  }
  return texts;
}

/** Notes which rows are new, other than before, or gone. */
function keep<Row>(
  seen: Map<string, Seen<Row>>,
  { rows, texts }: { readonly rows: readonly Row[]; readonly texts: readonly string[] },
  { nameOf }: HowSeen<Row>,
  number: number,
): void {
  const here = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const name = nameOf(row);
    here.add(name);
    const text = texts[index] ?? '';
    const known = seen.get(name);
    seen.set(name, { row, text, changed: known?.text === text ? known.changed : number });
  }
  for (const [name, { row }] of seen)
    if (row !== undefined && !here.has(name)) seen.set(name, { row: undefined, text: '', changed: number });
}

function changedRows<Row>(
  seen: ReadonlyMap<string, Seen<Row>>,
  from: number,
): Record<string, Row | null> | undefined {
  const rows = Object.create(null) as Record<string, Row | null>; // a queue may be called __proto__
  let some = from === 0;
  for (const [name, { row, changed }] of seen) {
    if (changed <= from || (from === 0 && row === undefined)) continue;
    rows[name] = row ?? null;
    some = true;
  }
  return some ? rows : undefined;
}
