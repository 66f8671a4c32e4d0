import { expect, test } from 'vitest';
import { commands } from '../wire/commands.ts';
import { extensions } from '../wire/extensions.ts';
import { permitQueues, Rights, rights } from './rights.ts';

const table = new Rights([]);
const parseScope = (scope: string) => table.parseScope(scope);

test('every verb of the server stands in the table, alone or with its subcommands', () => {
  const keys = Object.keys(rights).map((key) => key.split(' ')[0]);
  const missing = [...commands.keys(), ...extensions.keys()].filter((verb) => !keys.includes(verb));
  expect(missing).toEqual([]);
});

test('only what operates or administers is looked at for the audit log: pushes and fetches never are', () => {
  for (const verb of ['PUSH', 'PUSHB', 'FETCH', 'FETCHB', 'ACK', 'ACKB', 'FAIL', 'BEAT'])
    expect(table.isWatched(verb)).toBe(false);
  expect(['FLUSH', 'QUEUE PAUSE', 'QUEUE LATENCY'].map((key) => table.isAudited(key))).toEqual([
    true,
    true,
    false,
  ]);
});

const may = (scope: string, verb: string, payload = ''): boolean => {
  const limits = parseScope(scope);
  if (limits === undefined) return true;
  try {
    table.permit(limits, table.keyOf(verb, payload));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringMatching(/^not permitted: /) });
    return false;
  }
};

test.each([
  ['push', ['PUSH', 'PUSHB', 'INFO', 'END', 'EXT'], ['FETCH', 'ACK', 'MUTATE', 'FLUSH']],
  ['fetch:a', ['FETCH', 'FETCHB', 'ACK', 'FAIL', 'BEAT', 'RELEASE'], ['PUSH', 'MUTATE', 'FLUSH']],
  ['push+fetch:a,b', ['PUSH', 'FETCH', 'ACK'], ['FLUSH', 'MUTATE']],
  ['read', ['INFO'], ['PUSH', 'FETCH', 'ACK', 'MUTATE', 'FLUSH']],
  ['operate', ['MUTATE', 'PUSH', 'INFO'], ['FETCH', 'ACK', 'FLUSH', 'NEWVERB']],
  ['admin', ['FLUSH', 'MUTATE', 'PUSH', 'FETCH', 'NEWVERB'], []],
])('%s may what it says and nothing else', (scope, allowed, refused) => {
  expect(allowed.filter((verb) => !may(scope, verb))).toEqual([]);
  expect(refused.filter((verb) => may(scope, verb))).toEqual([]);
});

test('a subcommand decides, in any case of its letters', () => {
  expect(may('read', 'QUEUE', 'latency a')).toBe(true);
  expect(may('read', 'QUEUE', 'pause a')).toBe(false);
  expect(may('operate', 'QUEUE', 'Pause a')).toBe(true);
});

test('fetching is for the named queues only', () => {
  const limits = parseScope('fetch:a,b');
  expect(() => permitQueues(limits, ['a', 'b'])).not.toThrow();
  expect(() => permitQueues(limits, ['a', 'c'])).toThrow(/^not permitted: .*from a, b only, not from c/);
  expect(() => permitQueues(parseScope('fetch'), ['c'])).not.toThrow();
});

test.each(['', 'pull', 'push:a', 'fetch:', 'fetch:a b', 'push+', 'PUSH'])('"%s" is no scope', (scope) => {
  expect(() => parseScope(scope)).toThrow(/is no scope; choose push/);
});
