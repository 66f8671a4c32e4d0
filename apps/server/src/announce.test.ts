import { expect, it } from 'vitest';
import { whoIsLetIn } from './announce.ts';

it.each([
  [true, 0, 'no password: every client is accepted'],
  [true, 1, 'no password: clients need the token of tokens.json'],
  [false, 0, 'clients need the password'],
  [false, 3, 'clients need the password or one of the 3 tokens of tokens.json'],
])('the start says who is let in (without a password: %s, tokens: %s)', (open, tokens, text) => {
  expect(whoIsLetIn(open, tokens)).toBe(text);
});
