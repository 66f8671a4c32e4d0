import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { silent } from '../log.ts';
import { Audit, summary } from './audit.ts';

const dir = mkdtempSync(join(tmpdir(), 'faktory-audit-'));
afterAll(() => rmSync(dir, { recursive: true }));
const deed = { who: 'token ops', from: '10.0.0.1', did: 'QUEUE PAUSE', what: 'default', ok: true };

test('an entry is one line of JSON in a file that only its owner reads, whatever the umask says', () => {
  const before = process.umask(0);
  new Audit({ dir, log: silent, clock: () => 0 }).write(deed);
  process.umask(before);
  const file = join(dir, 'audit.log');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ at: '1970-01-01T00:00:00Z', ...deed });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a full file makes way for another, and six are kept', () => {
  const audit = new Audit({ dir, log: silent, clock: () => 0, maxBytes: 1 });
  for (let entry = 0; entry < 9; entry++) audit.write({ ...deed, what: `q${entry}` });
  const names = ['audit.log', ...[1, 2, 3, 4, 5].map((number) => `audit.log.${number}`)];
  expect(readdirSync(dir).sort()).toEqual(names);
  const newest = names.map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')).what);
  expect(newest).toEqual(['q8', 'q7', 'q6', 'q5', 'q4', 'q3']);
});

test('a disk that takes nothing is told of once, and stops nobody', () => {
  const errors: string[] = [];
  const log = { ...silent, error: (text: string) => errors.push(text) };
  const audit = new Audit({ dir: join(dir, 'not/there'), log, clock: () => 0 });
  for (let entry = 0; entry < 3; entry++) audit.write(deed);
  expect(errors).toEqual([expect.stringMatching(/^the audit log misses entries: ENOENT/)]);
});

test('what was done is told without a value of an argument', () => {
  const filter = { jobtype: 'Mail', jids: ['a', 'b'], regexp: '*"args":["secret"*' };
  const text = summary(JSON.stringify({ cmd: 'kill', target: 'retries', filter, args: ['secret'] }));
  expect(text).toBe('kill retries Mail 2 jids by their text');
  const change = { action: 'discard', places: ['dead', 'retries'], text: 'secret' };
  expect(summary(JSON.stringify(change))).toBe('discard places dead,retries by their text');
  expect(summary('a b')).toBe('a b');
  expect(summary('{"args":["secret"')).toBe('');
});
