import { globMatcher, type Mutation } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { JobSet, type WhichJobs } from './sets.ts';

function recording(): { set: JobSet; said: Mutation[] } {
  const said: Mutation[] = [];
  const set = new JobSet('dead', async (mutation) => {
    said.push(mutation);
  });
  return { set, said };
}

test('each act is a mutation of its set', async () => {
  const { set, said } = recording();
  await set.requeue('all');
  await set.kill({ jobtype: 'Mail' });
  await set.discard({ jids: ['jid-00001'] });
  expect(said).toEqual([
    { cmd: 'requeue', target: 'dead' },
    { cmd: 'kill', target: 'dead', filter: { jobtype: 'Mail' } },
    { cmd: 'discard', target: 'dead', filter: { jids: ['jid-00001'] } },
  ]);
});

test('text is looked for letter by letter, whatever a glob would make of it', async () => {
  const { set, said } = recording();
  await set.discard({ containing: 'a*b?[c]\\d' });
  const matches = globMatcher(said[0]?.filter?.regexp ?? '');
  expect(matches('{"args":["xa*b?[c]\\dx"]}')).toBe(true);
  expect(matches('{"args":["aXXbYcd"]}')).toBe(false);
});

test.each<WhichJobs>([
  {},
  { jobtype: undefined },
  { containing: '' },
  { jids: [] },
  { jids: ['a'], jobtype: 'T' },
])('a filter that says nothing, or too much, is INVALID: %j', async (which) => {
  const { set, said } = recording();
  await expect(set.discard(which)).rejects.toMatchObject({ code: 'INVALID' });
  expect(said).toEqual([]);
});
