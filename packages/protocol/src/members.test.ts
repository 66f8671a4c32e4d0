import { expect, test } from 'vitest';
import { parseBeat, parseFail } from './command.ts';
import { failBulkInParts, parseFailBulk, parseHandOuts } from './hand-outs.ts';
import { parseJobs } from './job-list.ts';
import { parseJob } from './job-text.ts';
import { checkMembers } from './members.ts';
import { parseMutate } from './mutate.ts';

const keys = (count: number): string => Array.from({ length: count }, (_, n) => `"z${n}":1`).join(',');
const refused = (most: number): unknown =>
  expect.objectContaining({
    code: 'MALFORMED',
    message: expect.stringContaining(
      `invalid JSON: more than ${most} members; send only those that the command knows`,
    ),
  });

test('a payload of 1,000 members is read, one of 1,001 is refused, at any depth', () => {
  expect(parseFail(`{"jid":"x",${keys(999)}}`).jid).toBe('x');
  expect(() => parseFail(`{"jid":"x",${keys(1000)}}`)).toThrow(refused(1000));
  expect(() => parseFail(`{"jid":"x","y":[{${keys(1000)}}]}`)).toThrow(refused(1000));
  expect(() => parseBeat(`{"wid":"x",${keys(1000)}}`)).toThrow(refused(1000));
  expect(() => parseMutate(`{"cmd":"kill","target":"dead","filter":{${keys(1000)}}}`)).toThrow(refused(1000));
});

test('a job may have 1,000 members of its own and any number in args and custom', () => {
  const job = (rest: string): string => `{"jid":"123456789","jobtype":"x","args":[{${keys(5000)}}]${rest}}`;
  expect(parseJob(job(`,"custom":{${keys(5000)}}`)).jobtype).toBe('x');
  expect(parseJob(job(`,${keys(997)}`)).jobtype).toBe('x');
  expect(() => parseJob(job(`,${keys(998)}`))).toThrow(refused(1000));
  expect(() => parseJobs(`[${job(`,${keys(998)}`)}]`)).toThrow(refused(1000));
  expect(() => parseJob(job(`,"failure":{${keys(1001)}}`))).toThrow(refused(1000));
});

/** Runs a reading in parts to its end. */
function readAll<T>(parts: Iterator<void, T>): T {
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
  }
}

test('the entries of one line may have 10,000 members in all', () => {
  const line = (count: number): string => `[{"jid":"x","rid":"1",${keys(count)}}]`;
  expect(parseHandOuts('ACKB', line(9998), 1000)).toHaveLength(1);
  expect(() => parseHandOuts('ACKB', line(9999), 1000)).toThrow(refused(10_000));
  expect(() => parseFailBulk(line(9999), 1000)).toThrow(refused(10_000));
  expect(() => readAll(failBulkInParts(line(9999), 1000, 1000))).toThrow(refused(10_000));
});

test('a colon in a string is not a member, and an unclosed string ends the count', () => {
  expect(() => parseFail(`{"jid":"${':'.repeat(5000)}`)).toThrow(/^invalid FAIL /);
  expect(() => checkMembers(`{"message":"\\"${'a:'.repeat(5000)}"}`)).not.toThrow();
});
