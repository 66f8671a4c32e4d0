import { expect, test } from 'vitest';
import { commandLine } from '../../push-lines.ts';
import { argsText, argsToEdit, copyText, lineJob } from './texts.ts';

const job =
  '{"retry":3,"custom":{"trace":1.0},"jid":"abc","queue":"mail","jobtype":"Send","priority":7,"created_at":"2026-01-01T00:00:00Z",' +
  '"at":"2026-01-02T00:00:00Z","args":[12345678901234567890,"it\'s \\u00e9"],"enqueued_at":"2026-01-01T00:00:01Z","failure":{"message":"m"}}';

test('a copy keeps the text that the producer wrote, without the members that belong to the first job only', () => {
  expect(copyText(job)).toBe(
    '{"retry":3,"custom":{"trace":1.0},"queue":"mail","jobtype":"Send","priority":7,"args":[12345678901234567890,"it\'s \\u00e9"]}',
  );
});

test('a copy may have other arguments', () => {
  expect(copyText(job, '[1.0]')).toContain('"priority":7,"args":[1.0]}');
});

test('the command of a copy has the members of the job, quoted for the shell', () => {
  expect(commandLine(lineJob(job), 'tcp://h:1')).toBe(
    `FAKTORY_URL='tcp://h:1' faktory push 'Send' '[12345678901234567890,"it'\\''s \\u00e9"]' --queue 'mail' --priority 7 --retry=3 --custom '{"trace":1.0}'`,
  );
});

test('arguments are shown and edited as their original text', () => {
  expect(argsText(job)).toBe('[12345678901234567890,"it\'s \\u00e9"]');
  expect(argsToEdit(job)).toBe('[\n  12345678901234567890,\n  "it\'s \\u00e9"\n]');
});
