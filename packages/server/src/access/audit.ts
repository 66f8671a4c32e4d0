/**
 * The audit log: who changed what, when, and from where. `audit.log` in the data folder has one JSON
 * object a line; six files of ten megabytes are kept. It never holds arguments, passwords or secrets.
 *
 * The entries of a very active caller are counted instead of written (audit-budget.ts), so no caller
 * can push out older entries. When the disk is full, entries are missing and the server's log says so.
 * Note: commands of the program also write here while a server runs, so each line is one append, and
 * the size is read from the file.
 */
import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { excerpt, formatTime, type Micros, visible } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';
import { appendOwned } from '../owned-file.ts';
import { AuditBudget } from './audit-budget.ts';
import type { Deed } from './deed.ts';
import type { Rights } from './rights.ts';

export interface AuditOptions {
  readonly dir: string;
  readonly log: Logger;
  readonly clock: () => Micros;
  /** Bytes after which another file is begun. Default ten megabytes. */
  readonly maxBytes?: number;
}

const TEN_MEGABYTES = 10_000_000;
const KEPT = 5; // files beside the current one
const COUNTED_FOR = 60_000; // ms until what was only counted is written
const SILENCE = 60_000; // ms between complaints about a disk that takes nothing

export class Audit {
  readonly #options: AuditOptions;
  readonly #file: string;
  readonly #budget = new AuditBudget();
  #later: NodeJS.Timeout | undefined;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#file = join(options.dir, 'audit.log');
  }

  write({ who, from, did, what, ok }: Deed): void {
    const deed = { who, from, did, what, ok };
    const line = this.#lineOf(deed);
    if (this.#budget.allows(deed, line.length)) {
      this.#append(line);
      return;
    }
    this.#later ??= setTimeout(() => this.flush(), COUNTED_FOR).unref();
  }

  /** Writes what was only counted so far. */
  flush(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    for (const { deed, times } of this.#budget.takeCounted()) this.#append(this.#lineOf({ ...deed, times }));
  }

  /** Names come from clients: characters that would not be seen, or turn the line around, are escaped beyond what JSON asks. */
  #lineOf(deed: Deed & { readonly times?: number }): string {
    const at = formatTime(this.#options.clock());
    return `${visible(JSON.stringify({ at, ...deed }))}\n`;
  }

  #append(line: string): void {
    try {
      this.#makeRoom();
      appendOwned(this.#file, line);
    } catch (error) {
      if (performance.now() - this.#complainedAt < SILENCE) return;
      this.#complainedAt = performance.now();
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.error(`the audit log misses entries: ${reason}; make room or make it writable`);
    }
  }

  #makeRoom(): void {
    const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    if (size < (this.#options.maxBytes ?? TEN_MEGABYTES)) return;
    for (let number = KEPT - 1; number > 0; number--)
      move(`${this.#file}.${number}`, `${this.#file}.${number + 1}`);
    move(this.#file, `${this.#file}.1`);
  }
}

function move(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}

const texts = [
  'cmd',
  'action',
  'undo',
  'name',
  'signal',
  'state',
  'target',
  'at',
  'queue',
  'wid',
  'jobtype',
  'revoke',
];
const lists = ['places', 'queues', 'jobtypes', 'wids'];
const searches = ['regexp', 'text', 'error']; // an argument may be what is searched for

/**
 * What is said of a command's payload: names of queues and the like as they are; of JSON only what cannot hold an argument, a count of
 * the jids, and of a search in the jobs' text no more than that there is one.
 */
export function summary(payload: string): string {
  const text = payload.trim();
  if (!text.startsWith('{')) return excerpt(text);
  const { filter, ...rest } = objectIn(text);
  const fields = { ...rest, ...(typeof filter === 'object' ? filter : {}) } as Record<string, unknown>;
  const said = texts.flatMap((name) => (typeof fields[name] === 'string' ? [`${fields[name]}`] : []));
  for (const name of lists) if (Array.isArray(fields[name])) said.push(`${name} ${fields[name].join(',')}`);
  if (Array.isArray(fields.jids)) said.push(`${fields.jids.length} jids`);
  if (searches.some((name) => fields[name] !== undefined)) said.push('by their text');
  return excerpt(said.join(' '));
}

/** How a command of the wire is told: its verb, with the subcommand where that decides, and what it was done to. */
export function commandDeed(rights: Rights, verb: string, payload: string): Pick<Deed, 'did' | 'what'> {
  const did = rights.keyOf(verb, payload);
  return { did, what: summary(did === verb ? payload : payload.trimStart().slice(did.length - verb.length)) };
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {}; // the verb will refuse it, and that is what is told
  }
}
