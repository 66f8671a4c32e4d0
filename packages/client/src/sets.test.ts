import { globMatcher, type Mutation } from '@faktory-ts/protocol';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Client } from './client.ts';
import { containing, JobSet, type SetFilter } from './sets.ts';

let sent: Mutation[];
let retries: JobSet<'A' | 'B'>;

beforeEach(() => {
  sent = [];
  retries = new JobSet('retries', async (mutation) => {
    sent.push(mutation);
  });
});

describe('a set', () => {
  test('each method of a set sends its command and its filter', async () => {
    await retries.requeue({ jids: ['x'] });
    await retries.kill({ jobtype: 'A' });
    await retries.discard({ jobtype: 'A', regexp: '*x*' });
    await retries.discard('all');
    await retries.clear();
    expect(sent).toEqual([
      { cmd: 'requeue', target: 'retries', filter: { jids: ['x'] } },
      { cmd: 'kill', target: 'retries', filter: { jobtype: 'A' } },
      { cmd: 'discard', target: 'retries', filter: { jobtype: 'A', regexp: '*x*' } },
      { cmd: 'discard', target: 'retries' },
      { cmd: 'clear', target: 'retries' },
    ]);
  });

  test('a set sends very many jids in several commands, each once and below half a megabyte', async () => {
    const jids = Array.from({ length: 50_000 }, (_, n) => `jid-${n}`.padEnd(24, 'x'));
    await retries.kill({ jids });
    expect(sent.flatMap(({ filter }) => filter?.jids ?? [])).toEqual(jids);
    expect(sent.length).toBeGreaterThan(2);
    for (const mutation of sent) expect(JSON.stringify(mutation).length).toBeLessThan(512 * 1024);
  });

  test('a set sends nothing for an empty list of jids', async () => {
    await retries.kill({ jids: [] });
    expect(sent).toEqual([]);
  });

  test.each([{}, { jobtype: '' }, { regexp: '' }, { jobtype: undefined, regexp: undefined }])(
    'a set refuses the filter %j, which the server would apply to all jobs',
    async (filter) => {
      await expect(retries.kill(filter as SetFilter<'A'>)).rejects.toMatchObject({
        code: 'INVALID',
        message: expect.stringContaining("say 'all'"),
      });
      expect(sent).toEqual([]);
    },
  );

  test('a set takes no other filter: these do not compile', () => {
    const client = {} as Client<{ A: [] }>;
    const wrong = [
      // @ts-expect-error nothing named
      () => client.dead.kill({}),
      // @ts-expect-error nothing said
      () => client.dead.kill(),
      // @ts-expect-error another jobtype
      () => client.scheduled.kill({ jobtype: 'B' }),
      // @ts-expect-error jids make the others void
      () => client.retries.kill({ jids: ['x'], jobtype: 'A' }),
      // @ts-expect-error an option that does not exist
      () => client.retries.kill({ glob: '*' }),
    ];
    expect(wrong).toHaveLength(5);
  });
});

describe('containing', () => {
  test('containing matches every text around it, whatever its characters', () => {
    const text = fc.string({ unit: fc.constantFrom(...'*?[]\\^-a"'), minLength: 1 });
    fc.assert(
      fc.property(text, fc.string(), fc.string(), (part, before, after) => {
        expect(globMatcher(containing(part))(before + part + after)).toBe(true);
      }),
    );
  });

  test('containing does not match a text without it', () => {
    const text = fc.string({ unit: fc.constantFrom(...'*?[]\\^-a'), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(text, text, (part, other) => {
        expect(globMatcher(containing(part))(other)).toBe(other.includes(part));
      }),
    );
  });

  test('containing refuses the empty text', () => {
    expect(() => containing('')).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });
});

test.each([
  { jobtype: '', regexp: '*bob*' },
  { jobtype: 'Mail', regexp: '' },
  { jids: ['jid-00001'], jobtype: 'Mail' },
])('a condition that is empty, or beside jids, must not widen what is changed: %j', async (which) => {
  const said: unknown[] = [];
  const set = new JobSet('dead', async (mutation) => void said.push(mutation));
  await expect(set.discard(which as never)).rejects.toMatchObject({ code: 'INVALID' });
  expect(said).toEqual([]);
});
