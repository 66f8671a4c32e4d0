import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
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

/** The entries of a fresh log after something was done. */
async function entriesAfter(act: (audit: Audit) => Promise<void> | void): Promise<Record<string, unknown>[]> {
  const own = mkdtempSync(join(dir, 'own-'));
  const audit = new Audit({ dir: own, log: silent, clock: () => 0 });
  await act(audit);
  const files = readdirSync(own).map((name) => readFileSync(join(own, name), 'utf8'));
  return files.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
}

test('a caller that does very much is counted, and told once a minute with how often', async () => {
  vi.useFakeTimers();
  const entries = await entriesAfter(async (audit) => {
    for (let time = 0; time < 10_000; time++) audit.write(deed);
    audit.write({ ...deed, who: 'token other' });
    await vi.advanceTimersByTimeAsync(60_000);
  });
  vi.useRealTimers();
  expect(entries.length).toBeLessThan(700);
  expect(entries.at(-2)).toMatchObject({ who: 'token other' });
  expect(entries.at(-1)).toMatchObject({ ...deed, what: '', times: 10_000 - (entries.length - 2) });
});

test('what is refused fills little of the log, from however many addresses, and pushes out nothing', async () => {
  const entries = await entriesAfter((audit) => {
    audit.write(deed);
    for (let host = 0; host < 20_000; host++)
      audit.write({
        ...deed,
        who: 'nobody',
        from: `10.1.${host >> 8}.${host & 255}`,
        what: 'x'.repeat(200),
        ok: false,
      });
    audit.write({ ...deed, what: 'last' });
    audit.flush();
  });
  expect(entries.length).toBeLessThan(400);
  expect(JSON.stringify(entries).length).toBeLessThan(150_000);
  expect(entries.filter(({ ok }) => ok).map(({ what }) => what)).toEqual(['default', 'last']);
  const told = entries.reduce((sum, { times = 1 }) => sum + Number(times), 0);
  expect(told).toBe(20_002);
  expect(entries.at(-1)).toMatchObject({ who: 'others', ok: false });
});

test('names from outside cannot move a cursor, turn the text or forge a line', async () => {
  const what = 'a\u202eb\u001b[2J\u0085\n{"who":"password"}';
  const own = mkdtempSync(join(dir, 'own-'));
  new Audit({ dir: own, log: silent, clock: () => 0 }).write({ ...deed, what });
  const text = readFileSync(join(own, 'audit.log'), 'utf8');
  expect(text).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(text)).toMatchObject({ what });
});
