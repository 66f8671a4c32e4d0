/**
 * Reads the kinds of errors: failures by the hour from the file, failures not written yet, and the
 * number of jobs in retries and dead with each.
 *
 * Note: each of these jobs must be read to be counted. So at most 100,000 are read, in the reader's
 * thread, and a slow result is cached for a while.
 */
import { fingerprintOfType, type Micros } from '@faktory-ts/protocol';
import { PAGE_PART, pageParts } from '../../../rounds.ts';
import type { ErrorGroup } from '../../engine.ts';
import type { FailingGroup, FailingMark } from '../commit/failing.ts';
import type { Reader } from '../reading/reader.ts';
import { type History, stepOf } from './history.ts';
import type { PastFault } from './past.ts';

const MOST_JOBS = 100_000;
const MOST_GROUPS = 1000;
const GROUP_WEIGHT = 256; // characters that a group counts beside its errtype
const FEW = 2000; // jobs: up to here the result is not cached
const SHARE = 10; // times as long as the read took: how long its result is cached

interface Now {
  readonly groups: ReadonlyMap<string, FailingGroup>;
  readonly partial: boolean;
}

/** A group that more counts are added to. */
type Group = { -readonly [Key in Exclude<keyof ErrorGroup, 'hours' | 'partial'>]: ErrorGroup[Key] } & {
  readonly hours: { readonly at: Micros; count: number }[];
};

export class ErrorReader {
  readonly #history: History;
  readonly #reader: Reader;
  readonly #clock: () => Micros;
  #now: Now = { groups: new Map(), partial: false };
  #until = 0;

  constructor(history: History, reader: Reader, clock: () => Micros) {
    this.#history = history;
    this.#reader = reader;
    this.#clock = clock;
  }

  /** Returns the kinds of errors since `asked`, the latest failure first. */
  async read(asked: Micros, signal: AbortSignal | undefined): Promise<ErrorGroup[]> {
    const from = stepOf('hour', asked);
    const now = await this.#failing(signal);
    const groups = await this.#failures(from, signal);
    let length = 0; // of what was looked at in this round of the event loop
    for (const failing of now.groups.values()) {
      length += failing.errtype.length + GROUP_WEIGHT;
      if (length > PAGE_PART) {
        await pageParts.next();
        length = 0;
      }
      const group = groups.get(failing.id) ?? { ...failing, there: [], failures: 0, hours: [] };
      const { retries, dead, jid, sample } = failing;
      groups.set(failing.id, { ...group, ...typesOf(group, failing), retries, dead, jid, sample });
      const ofType = groups.get(fingerprintOfType(failing.errtype).id);
      if (ofType) addOfType(ofType, failing);
    }
    const found = [...groups.values()].sort((a, b) => b.last - a.last).slice(0, MOST_GROUPS);
    return now.partial ? found.map((group) => ({ ...group, partial: true })) : found;
  }

  async #failures(from: Micros, signal: AbortSignal | undefined): Promise<Map<string, Group>> {
    const until = this.#clock() + 1;
    for (;;) {
      const { version } = this.#history;
      const groups = new Map<string, Group>();
      let next: Micros | undefined = from;
      while (next !== undefined) {
        const bite: { faults: PastFault[]; next: Micros | undefined } = await this.#reader.ask(
          'pastFaults',
          { from: next, until },
          signal,
        );
        for (const fault of bite.faults) addPast(groups, fault);
        next = bite.next;
      }
      if (version !== this.#history.version) continue; // a commit came between: read again
      this.#addUnwritten(groups, from);
      return groups;
    }
  }

  #addUnwritten(groups: Map<string, Group>, from: Micros): void {
    const at = stepOf('hour', this.#history.minute);
    if (at < from) return;
    for (const { kind, jobtype, count, first, last, jid, sample } of this.#history.faults.all()) {
      addPast(groups, { ...kind, sample, jobtypes: [jobtype], first, last, jid, hours: [{ at, count }] });
    }
  }

  async #failing(signal: AbortSignal | undefined): Promise<Now> {
    if (performance.now() < this.#until) return this.#now;
    const started = performance.now();
    const groups = new Map<string, FailingGroup>();
    let looked = 0;
    let from: FailingMark | undefined;
    do {
      const bite = await this.#reader.ask('failing', { from, most: MOST_JOBS - looked }, signal);
      for (const group of bite.groups) addFailing(groups, group);
      looked += bite.looked;
      from = bite.next;
    } while (from !== undefined && looked < MOST_JOBS);
    this.#now = { groups, partial: from !== undefined };
    const ended = performance.now();
    this.#until = looked > FEW ? ended + SHARE * (ended - started) : 0;
    return this.#now;
  }
}

function typesOf(group: Group, { jobtypes }: FailingGroup): Pick<Group, 'jobtypes' | 'there'> {
  return {
    jobtypes: [...new Set([...group.jobtypes, ...jobtypes])],
    there: [...new Set([...group.there, ...jobtypes])],
  };
}

/**
 * Adds the failing jobs to the group of their whole errtype, because its id matches all of them.
 */
function addOfType(group: Group, failing: FailingGroup): void {
  Object.assign(group, typesOf(group, failing));
  group.retries += failing.retries;
  group.dead += failing.dead;
}

function addPast(groups: Map<string, Group>, fault: PastFault): void {
  const { id, errtype, message, sample, first, last, jid, jobtypes, hours } = fault;
  const made = {
    id,
    errtype,
    message,
    sample,
    jobtypes: [],
    there: [],
    retries: 0,
    dead: 0,
    failures: 0,
    first,
    last,
    jid,
    hours: [],
  };
  const group: Group = groups.get(id) ?? made;
  groups.set(id, group);
  group.jobtypes = [...new Set([...group.jobtypes, ...jobtypes])];
  group.first = Math.min(group.first, first);
  group.last = Math.max(group.last, last);
  group.jid = jid;
  if (sample) group.sample = sample;
  for (const { at, count } of hours) {
    group.failures += count;
    const last = group.hours.at(-1); // hours arrive in order
    if (last?.at === at) last.count += count;
    else group.hours.push({ at, count });
  }
}

function addFailing(groups: Map<string, FailingGroup>, bite: FailingGroup): void {
  const known = groups.get(bite.id);
  if (!known) {
    groups.set(bite.id, bite);
    return;
  }
  known.jobtypes = [...new Set([...known.jobtypes, ...bite.jobtypes])];
  known.retries += bite.retries;
  known.dead += bite.dead;
  known.first = Math.min(known.first, bite.first);
  known.last = Math.max(known.last, bite.last);
}
