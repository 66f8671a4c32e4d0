import { expect, test } from 'vitest';
import { commandLine, quoted } from '../../push-lines.ts';
import { emptyDraft, jobText, lineJob, mistakesIn } from './draft.ts';

const draft = { ...emptyDraft, jobtype: 'SendEmail' };

test('a job is sent as typed, without the empty fields', () => {
  const args = '[12345678901234567890, 1.0]';
  expect(jobText({ ...draft, args }, undefined)).toBe(`{"jobtype":"SendEmail","args":${args}}`);
});

test('all fields of the form are in the job', () => {
  const full = { ...draft, queue: 'mail', priority: '9', retry: '-1', reserve: '60', custom: '{"a":1}' };
  expect(JSON.parse(jobText(full, '2026-11-28T12:00:00.000Z'))).toEqual({
    jobtype: 'SendEmail',
    args: [],
    queue: 'mail',
    priority: 9,
    retry: -1,
    reserve_for: 60,
    at: '2026-11-28T12:00:00.000Z',
    custom: { a: 1 },
  });
});

test('each field reports its mistake', () => {
  expect(mistakesIn(draft)).toEqual({});
  const wrong = mistakesIn({
    ...emptyDraft,
    args: '{}',
    queue: 'a b',
    priority: '10',
    at: 'soon',
    retry: '1.5',
    reserve: '59',
    custom: '[]',
  });
  expect(Object.fromEntries(Object.entries(wrong).map(([field, mistake]) => [field, mistake.kind]))).toEqual({
    jobtype: 'missing',
    args: 'notArray',
    queue: 'queue',
    priority: 'range',
    at: 'at',
    retry: 'range',
    reserve: 'range',
    custom: 'notObject',
  });
});

test('a mistake in the arguments is reported with its line', () => {
  const { args } = mistakesIn({ ...draft, args: '[\n  1\n  2\n]' });
  expect(args?.kind === 'json' && args.problem.line).toBe(3);
});

test('a shell command keeps any characters of the arguments', () => {
  expect(quoted("it's")).toBe("'it'\\''s'");
  const line = commandLine(
    lineJob({ ...draft, args: '["it\'s"]', queue: 'q', retry: '-1' }, undefined),
    'tcp://h:1',
  );
  expect(line).toBe(`FAKTORY_URL='tcp://h:1' faktory push 'SendEmail' '["it'\\''s"]' --queue 'q' --retry=-1`);
});
