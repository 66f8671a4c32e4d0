import { describe, expect, test } from 'vitest';
import { queueName } from './job.ts';
import { checkJob, checkQueueName } from './job-rules.ts';
import { parseJob } from './job-text.ts';

const jidRule = 'jobs must have a reasonable jid parameter';

describe('the rules of PUSH, in their order', () => {
  test.each([
    ['{}', jidRule],
    ['{"jid":"short","jobtype":"","reserve_for":86401}', jidRule],
    ['{"jid":"longenough","reserve_for":86401}', 'jobs must have a jobtype parameter'],
    ['{"jid":"longenough","jobtype":""}', 'jobs must have a jobtype parameter'],
    ['{"jid":"longenough","jobtype":"T","reserve_for":86401}', 'jobs must have an args parameter'],
    ['{"jid":"longenough","jobtype":"T","args":null}', 'jobs must have an args parameter'],
    [
      '{"jid":"longenough","jobtype":"T","args":[],"reserve_for":86401,"at":"x"}',
      'jobs cannot be reserved for more than one day',
    ],
    [
      '{"jid":"longenough","jobtype":"T","args":[],"at":"tomorrow","queue":"bad queue"}',
      `invalid timestamp for 'at': "tomorrow": not an RFC 3339 time`,
    ],
    [
      '{"jid":"longenough","jobtype":"T","args":[],"queue":"bad/queue","at":"2099-01-01T00:00:00Z"}',
      'cannot get "bad/queue" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z',
    ],
  ])('%s: %s', (text, message) => {
    expect(() => checkJob(parseJob(text))).toThrow(expect.objectContaining({ code: 'INVALID', message }));
  });

  test.each([
    '{"jid":"12345678","jobtype":"T","args":[]}',
    '{"jid":"日本語","jobtype":"T","args":[]}',
    '{"jid":"12345678","jobtype":"T","args":[],"reserve_for":86400,"queue":"other.queue_-9","retry":-1}',
    '{"jid":"12345678","jobtype":"T","args":[],"reserve_for":-5,"at":"2020-01-01T00:00:00+05:30"}',
  ])('%s is accepted', (text) => {
    expect(() => checkJob(parseJob(text))).not.toThrow();
  });

  test('the length of a jid is measured in bytes', () => {
    expect(() => checkJob(parseJob('{"jid":"日本a","jobtype":"T","args":[]}'))).toThrow(jidRule);
  });

  test('an error for a broken rule quotes at most 200 characters, on one line', () => {
    const at = JSON.stringify(`\r\n${'x'.repeat(5000)}`);
    const job = parseJob(`{"jid":"longenough","jobtype":"T","args":[],"at":${at}}`);
    expect(() => checkJob(job)).toThrow(/^[^\r\n]{200,280}$/);
  });
});

describe('a queue name', () => {
  test.each(['default', 'A.b_c-9', '0', '-', '__proto__'])('a queue name may be %s', (name) => {
    expect(() => checkQueueName(name)).not.toThrow();
    expect(queueName.test(name)).toBe(true);
  });

  test.each(['', 'a b', 'a/b', 'é', 'a\n', '*', 'a@', 'a[', 'a`', 'a{'])(
    'a queue name may not be %j',
    (name) => {
      expect(() => checkQueueName(name)).toThrow(expect.objectContaining({ code: 'INVALID' }));
      expect(queueName.test(name)).toBe(false);
    },
  );
});
