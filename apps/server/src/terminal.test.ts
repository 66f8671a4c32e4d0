import { expect, test } from 'vitest';
import { withColours } from './terminal.ts';

test('what is printed keeps its colours and lines, and no other control or bidi character', () => {
  const red = '\u001b[31mname\u001b[0m';
  expect(withColours(`${red}\n\tnext`)).toBe(`${red}\n\tnext`);
  expect(withColours('a\u001b[2Jb\u202ec\u009b1mend')).toBe('a\\u001b[2Jb\\u202ec\\u009b1mend');
});
