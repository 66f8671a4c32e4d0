import { parseJob } from '@faktory-ts/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { silent } from '../log.ts';
import { IgnoredOptions } from './ignored.ts';

afterEach(() => vi.restoreAllMocks());

function watch(features: readonly string[] = []) {
  const lines: string[] = [];
  const ignored = new IgnoredOptions(features, { ...silent, warn: (line) => void lines.push(line) });
  const push = (custom: object, jobtype = 'Mail'): void =>
    ignored.look(parseJob(JSON.stringify({ jid: 'job-00001', jobtype, args: [], custom })));
  return { lines, push };
}

test('an ignored option is logged once an hour, with a jobtype that uses it', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const { lines, push } = watch();
  for (let count = 0; count < 3; count++) push({ unique_for: 60 });
  push({ expires_in: '30s', track: 1 }, 'Other');
  expect(lines).toEqual([
    expect.stringMatching(/"unique_for", which does nothing here: .* not have unique; .* "Mail"$/),
    expect.stringMatching(/"expires_in", .* not have expiry; .* "Other"$/),
    expect.stringMatching(/"track", .* not have track; /),
  ]);
  now.mockReturnValue(3_600_000);
  push({ unique_for: 60 });
  expect(lines).toHaveLength(4);
});

test.each([
  ['other keys', { traceparent: '00-1' }],
  ['disabled options', { track: 0, bid: '', unique_for: null }],
  ['keys inside a value', { own: { unique_for: 60 } }],
  ['names in a text', { note: '"unique_for": 60' }],
])('%s are not reported as ignored options', (_, custom) => {
  const { lines, push } = watch();
  push(custom);
  expect(lines).toEqual([]);
});

test('an option of a feature that the server has is not reported as ignored', () => {
  const { lines, push } = watch(['unique']);
  push({ unique_for: 60 });
  expect(lines).toEqual([]);
});
