import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { readRecord, recordText } from './record.ts';
import { SpoolFile } from './spool-file.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const dir of folders.splice(0)) await rm(dir, { recursive: true, force: true });
});

async function newPath(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'faktory-spool-file-'));
  folders.push(dir);
  return path.join(dir, 'spool');
}

const line = (name: string) => ({ jobs: 1, text: `PUSH ${JSON.stringify({ jid: name })}` });

/** The waiting lines: number and text. */
const waiting = async (file: SpoolFile): Promise<string[]> =>
  (await file.next(1000, 1_000_000)).map(({ number, text }) => `${number} ${text}`);

/** An operation on the file: how many lines it appends, or removes with so many parts instead. */
type Step = { append: number } | { done: number; parts: number } | 'renew' | 'reopen';

const steps = fc.array(
  fc.oneof(
    fc.record({ append: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ done: fc.integer({ min: 1, max: 4 }), parts: fc.integer({ min: 0, max: 2 }) }),
    fc.constantFrom('renew' as const, 'reopen' as const),
  ),
  { maxLength: 12 },
);

test('after any appends, removals and restarts the file holds the lines of a simple list, also when it is opened again', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all: Step[]) => {
      const where = await newPath();
      let file = new SpoolFile(where, 1_000_000);
      let [list, answered, made]: [string[], number, number] = [[], 0, 0];
      for (const step of all) {
        if (step === 'reopen') {
          await file.close();
          file = new SpoolFile(where, 1_000_000);
        } else if (step === 'renew') {
          await file.renew();
          answered = 0;
        } else if ('append' in step) {
          const lines = Array.from({ length: step.append }, () => line(`job-${made++}`));
          await Promise.all(lines.map((one) => file.append(one)));
          list.push(...lines.map(({ text }) => text));
        } else {
          const count = Math.min(step.done, list.length);
          const parts = Array.from({ length: step.parts }, () => line(`part-${made++}`));
          answered += count;
          await file.done(answered, parts);
          list = [...list.slice(count), ...parts.map(({ text }) => text)];
        }
        expect(await waiting(file)).toEqual(list.map((text, index) => `${answered + index + 1} ${text}`));
        expect(file.jobs).toBe(list.length);
      }
      await file.close();
    }),
    { numRuns: 60 },
  );
});

test('a file that ends at any byte is what it was after one of its writes', async () => {
  const where = await newPath();
  const file = new SpoolFile(where, 1_000_000);
  const states: string[][] = [];
  const note = async () => states.push(await waiting(file));
  await note();
  for (const name of ['a', 'b', 'c']) {
    await file.append(line(name));
    await note();
  }
  await file.done(2, [line('b-1'), line('b-2')]);
  await note();
  await file.append(line('d'));
  await note();
  await file.close();
  const bytes = await readFile(where);
  const head = bytes.indexOf(10) + 1;
  const seen: string[][] = [];
  for (let end = head; end <= bytes.length; end++) {
    await writeFile(where, bytes.subarray(0, end));
    const torn = new SpoolFile(where, 1_000_000);
    const found = await waiting(torn);
    if (JSON.stringify(found) !== JSON.stringify(seen.at(-1))) seen.push(found);
    await torn.append(line('e'));
    expect((await waiting(torn)).slice(0, -1)).toEqual(found);
    await torn.close();
    const again = new SpoolFile(where, 1_000_000);
    expect(await waiting(again)).toHaveLength(found.length + 1);
    await again.close();
  }
  expect(seen).toEqual(states);
});

test('answered lines free their space: the file is rewritten when they are larger than the waiting lines', async () => {
  const where = await newPath();
  const file = new SpoolFile(where, 8_000_000);
  const long = { jobs: 1, text: `PUSH {"jid":"long","args":["${'x'.repeat(400_000)}"]}` };
  for (let n = 0; n < 4; n++) await file.append(long);
  await file.append(line('last'));
  await file.done(4);
  expect((await readFile(where)).length).toBeLessThan(1000);
  expect(await waiting(file)).toEqual([`5 ${line('last').text}`]);
  await file.close();
  const again = new SpoolFile(where, 8_000_000);
  expect(await waiting(again)).toEqual([`5 ${line('last').text}`]);
  await again.close();
});

test('a record with any changed byte is invalid', () => {
  const text = recordText({ kind: 'line', line: { jobs: 2, text: 'PUSHB [{"jid":"ü"}]' } });
  const bytes = Buffer.from(text).subarray(0, -1);
  expect(readRecord(bytes)).toEqual({
    kind: 'line',
    line: { jobs: 2, text: 'PUSHB [{"jid":"ü"}]', part: false },
  });
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const found = readRecord(changed);
    // The space after the checksum is not checked.
    if (at !== 8) expect(found, `byte ${at}`).toBeUndefined();
  }
});
