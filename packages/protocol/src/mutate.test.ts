import { describe, expect, test } from 'vitest';
import { mutationMatcher, parseMutate } from './mutate.ts';
import { parseChange } from './operating.ts';

test('MUTATE and CHANGE take at most 10,000 jids', () => {
  const jids = Array.from({ length: 10_000 }, (_, index) => `jid-${index}`);
  const mutate = (list: string[]) =>
    parseMutate(JSON.stringify({ cmd: 'kill', target: 'dead', filter: { jids: list } }));
  const change = (list: string[]) => parseChange(JSON.stringify({ action: 'discard', jids: list }));
  expect(mutate(jids).filter?.jids).toHaveLength(10_000);
  expect(change(jids).search.jids).toHaveLength(10_000);
  const refused = expect.objectContaining({
    code: 'LIMIT',
    message: '"jids" has 10001 entries, the most is 10000; split it into several commands',
  });
  expect(() => mutate([...jids, 'one'])).toThrow(refused);
  expect(() => change([...jids, 'one'])).toThrow(refused);
});

describe('MUTATE', () => {
  test.each([
    ['{"cmd":"clear","target":"retries"}', { cmd: 'clear', target: 'retries' }],
    ['{ "cmd" : "kill" , "target" : "dead" , "filter" : null }', { cmd: 'kill', target: 'dead' }],
    ['{"cmd":"requeue","target":"scheduled","filter":{}}', { cmd: 'requeue', target: 'scheduled' }],
    [
      '{"cmd":"discard","target":"dead","filter":{"jids":[],"regexp":"","jobtype":null}}',
      { cmd: 'discard', target: 'dead' },
    ],
    [
      '{"cmd":"kill","target":"retries","filter":{"jids":["a"]}}',
      { cmd: 'kill', target: 'retries', filter: { jids: ['a'] } },
    ],
    [
      '{"cmd":"kill","target":"retries","filter":{"regexp":"*a b*","jobtype":"T"}}',
      { cmd: 'kill', target: 'retries', filter: { regexp: '*a b*', jobtype: 'T' } },
    ],
  ])('%s', (rest, mutation) => {
    expect(parseMutate(rest)).toEqual(mutation);
  });

  test.each([
    ['{"cmd":"explode","target":"nowhere"}', 'INVALID', 'unknown mutate operation'],
    ['{"target":"scheduled"}', 'INVALID', 'unknown mutate operation'],
    ['{"cmd":"KILL","target":"scheduled"}', 'INVALID', 'unknown mutate operation'],
    ['{"cmd":"kill","target":"nowhere"}', 'INVALID', 'invalid target for mutation command'],
    ['{"cmd":"kill"}', 'INVALID', 'invalid target for mutation command'],
    ['nonsense', 'MALFORMED', 'invalid JSON: unexpected "n" at position 0'],
    ['', 'MALFORMED', 'invalid JSON: unexpected end at position 0'],
    ['{"cmd":5,"target":"dead"}', 'MALFORMED', 'invalid JSON: "cmd" must be a string'],
    ['{"cmd":"kill","target":"dead","filter":[]}', 'MALFORMED', 'invalid JSON: not an object'],
    [
      '{"cmd":"kill","target":"dead","filter":{"jids":"x"}}',
      'MALFORMED',
      'invalid JSON: "jids" must be an array of strings',
    ],
  ])('%j is refused', (rest, code, message) => {
    expect(() => parseMutate(rest)).toThrow(expect.objectContaining({ code, message }));
  });
});

test('a MUTATE whose pattern has more than 1,024 bytes is refused, with its length', () => {
  const rest = JSON.stringify({ cmd: 'kill', target: 'dead', filter: { regexp: 'a'.repeat(1025) } });
  const message = 'the pattern has 1025 bytes, the most is 1024; use a shorter part of the text';
  expect(() => parseMutate(rest)).toThrow(expect.objectContaining({ code: 'LIMIT', message }));
});

describe('a filter', () => {
  const text = (): string => '{"jobtype":"Apple","args":["fizz"]}';

  test.each([
    [undefined, true],
    [{}, true],
    [{ jobtype: 'Apple' }, true],
    [{ jobtype: 'App*' }, false],
    [{ regexp: '*fizz*' }, true],
    [{ regexp: 'fizz' }, false],
    [{ regexp: '*fizz*', jobtype: 'Pear' }, false],
    [{ regexp: '*buzz*', jobtype: 'Apple' }, false],
    [{ regexp: '*"args":\\["fizz"\\]*', jobtype: 'Apple' }, true],
  ])('%j', (filter, expected) => {
    expect(mutationMatcher(filter)('Apple', text)).toBe(expected);
  });

  test('a filter does not read the text of a job whose type does not match', () => {
    const never = (): string => {
      throw new Error('asked');
    };
    expect(mutationMatcher({ jobtype: 'Pear', regexp: '*' })('Apple', never)).toBe(false);
    expect(mutationMatcher({ jobtype: 'Apple' })('Apple', never)).toBe(true);
  });
});
