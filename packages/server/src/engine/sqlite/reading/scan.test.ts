import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { atOnce } from '../../../rounds.ts';
import type { Entry, FindAsk } from '../../engine.ts';
import { type SqliteBackend, sqliteBackend } from '../backend.ts';
import type { Database, Statement, Value } from '../state/binding.ts';
import { place } from '../state/schema.ts';
import { candidates } from './matching.ts';
import { pick } from './pick.ts';
import type { Pieces } from './pieces.ts';
import { openReader } from './reader.ts';
import { scan } from './scan.ts';

let dir = '';
let backend: SqliteBackend;
let db: Database;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'faktory-scan-'));
  backend = sqliteBackend({ dir, sync: 'off', clock: () => Date.now() * 1000 });
  await backend.engine.open();
});

afterEach(async () => {
  db.close();
  await backend.engine.close();
  rmSync(dir, { recursive: true });
});

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `none-${index}`);
const entry = (jid: string, at?: number): Entry => ({
  jid,
  jobtype: 'T',
  queue: 'q',
  document: `{"retry":25,"jid":"${jid}","queue":"q","jobtype":"T","args":[]}`,
  priority: 5,
  reserveFor: 1800,
  failure: undefined,
  at,
});

/** Runs a search to its end. Returns the values of all statements that ran. */
function valuesOf(ask: FindAsk): Value[] {
  const file = join(dir, 'faktory.db');
  db = openReader(file, undefined, 0);
  const values: Value[] = [];
  const noted = (statement: Statement): Statement =>
    new Proxy(statement, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as (...given: Value[]) => unknown;
        return (...given: Value[]) => {
          values.push(...given);
          return Reflect.apply(member, target, given);
        };
      },
    });
  const watched: Database = {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => noted(db.prepare(sql)),
    close: () => db.close(),
  };
  for (let cursor: string | undefined; ; ) {
    const { next } = atOnce(scan(watched, { ask, cursor, limit: 1000 }));
    if (next === undefined) return values;
    cursor = next;
  }
}

test('a long list of jids is read once for each place that has an index of jids, however many jobs there are', async () => {
  await backend.engine.push(names(3000).map((jid) => entry(jid)));
  await backend.engine.push(names(900).map((jid) => entry(jid, Date.now() * 1000 + 3_600_000_000)));
  const jids = names(9999).map((jid) => `other-${jid}`);
  const places = ['ready', 'scheduled', 'retries', 'working', 'dead'] as const;
  const long = valuesOf({ places, jids }).filter((value) => String(value).length > 1000);
  expect(long).toHaveLength(3);
});

test('SQL looks for at most 8 jobtypes in a document, and for none in a large one', () => {
  db = openReader(join(dir, 'faktory.db'), undefined, 0);
  expect(candidates({ places: ['ready'], jobtypes: names(9) })).toEqual([]);
  const [condition] = candidates({ places: ['ready'], jobtypes: names(8) });
  expect(condition?.values).toHaveLength(8);
  expect(condition?.sql).toMatch(/^\(octet_length\(document\) > \d+ OR instr/);
});

/** Does all pieces. Returns the result and how many pieces there were. */
function countPieces<Result>(pieces: Pieces<Result>): { result: Result; count: number } {
  for (let count = 1; ; count++) {
    const step = pieces.next();
    if (step.done) return { result: step.value, count };
  }
}

const escapes = (jid: string, units: number, more: Partial<Entry> = {}): Entry => {
  const small = entry(jid);
  const args = `["${'\\u0041'.repeat(units / 6)}b"]`;
  return { ...small, document: small.document.replace('[]', args), ...more };
};

test('a search reads a large job in pieces and returns the same jobs in the same order', async () => {
  const large = escapes('job-large', 900_000);
  await backend.engine.push([escapes('job-first', 600), large, escapes('job-last', 600), entry('job-other')]);
  db = openReader(join(dir, 'faktory.db'), undefined, 0);
  const ask: FindAsk = { places: ['ready'], text: 'AAb' };
  const { result, count } = countPieces(scan(db, { ask, cursor: undefined, limit: 10 }));
  expect(result.jobs.map(({ jid }) => jid)).toEqual(['job-first', 'job-large', 'job-last']);
  expect(result.jobs[1]?.document).toBe(large.document);
  expect(count).toBeGreaterThanOrEqual(8); // 4 pieces of the text as it stands, and 4 without its escapes
});

test('MUTATE reads a large job in pieces and picks the same rows', async () => {
  const at = (Date.now() + 3_600_000) * 1000;
  const set = [
    escapes('job-first', 600, { at }),
    escapes('job-large', 2 * 1024 * 1024, { at }),
    entry('job-other', at),
  ];
  await backend.engine.push(set);
  db = openReader(join(dir, 'faktory.db'), undefined, 0);
  const ask = { code: place.scheduled, regexp: '*[u]0041b*', after: { due: -1, id: -1 } };
  const { result, count } = countPieces(pick(db, ask));
  expect(result.ids).toHaveLength(2);
  expect(count).toBeGreaterThan(8);
});
