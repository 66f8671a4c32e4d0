import { tokenRights } from '@faktory-ts/server';
import { expect, test } from 'vitest';
import { scopesText } from './tokens.ts';

test('the help of tokens lists the scopes of the server, and the rights that features bring', () => {
  expect(scopesText(tokenRights)).toMatch(
    /^A scope is push, fetch, fetch:QUEUE,QUEUE, read, operate or admin, or/,
  );
  const lines = scopesText([...tokenRights, { name: 'note', describe: 'reads notes' }]).split('\n');
  expect(lines[0]).toContain('read, operate, admin or note, or several joined with +:');
  expect(lines.slice(1)).toEqual([
    '  push      PUSH and PUSHB',
    '  fetch     FETCH (of the named queues, or of all), ACK, FAIL, BEAT',
    '  read      what shows queues and jobs',
    '  operate   the same, push, and what changes queues and jobs',
    '  admin     everything',
    '  note      reads notes',
  ]);
});
