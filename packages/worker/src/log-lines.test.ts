import { stripVTControlCharacters } from 'node:util';
import { expect, test, vi } from 'vitest';
import { lineLogger, type logLevels, wantsColours } from './log-lines.ts';

function printed(
  level: (typeof logLevels)[number],
  act: (log: ReturnType<typeof lineLogger>) => void,
  colours = false,
): string {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  const lines: string[] = [];
  act(lineLogger(level, (line) => lines.push(line), colours));
  vi.useRealTimers();
  return lines.join('');
}

test('a line has level, time, message and its fields', () => {
  const line = printed('info', (log) =>
    log.info('done', { jid: 'a-1', ms: 3, why: 'two words', none: undefined }),
  );
  expect(line).toBe('I 1970-01-01T00:00:00.000Z done jid=a-1 ms=3 why="two words" none=undefined\n');
});

test.each([
  ['debug', 'DIWE'],
  ['info', 'IWE'],
  ['warn', 'WE'],
  ['error', 'WE'],
] as const)('level %s prints %s: warnings and errors always', (level, letters) => {
  const lines = printed(level, (log) => {
    for (const own of ['debug', 'info', 'warn', 'error'] as const) log[own]('x');
  });
  expect(lines.replace(/ .*\n/g, '')).toBe(letters);
});

test('no text breaks the line or sends control characters to the terminal', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const fields = { a: 'x\ny', b: new Error('z\r'), c: cyclic, d: 'e\u001bf' };
  const line = printed('info', (log) => log.error('one\ntwo\u001b[31m', fields));
  expect(line).toBe(
    'E 1970-01-01T00:00:00.000Z one\\ntwo\\u001b[31m a="x\\ny" b="z\\r" c=(TypeError) d=e\\u001bf\n',
  );
});

test('an error in a field is written as its message with its causes', () => {
  const error = new Error('outer', { cause: new TypeError('inner') });
  expect(printed('info', (log) => log.error('failed', { error }))).toContain(
    'error="outer; caused by TypeError: inner"',
  );
});

test('with colours the level is coloured, time and fields are dim, and the text is the same', () => {
  const act = (log: ReturnType<typeof lineLogger>): void => log.warn('late', { jid: 'a-1' });
  const line = printed('info', act, true);
  expect(line).toBe(
    '\u001b[33mW\u001b[39m \u001b[2m1970-01-01T00:00:00.000Z\u001b[22m late\u001b[2m jid=a-1\u001b[22m\n',
  );
  expect(stripVTControlCharacters(line)).toBe(printed('info', act));
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
])('terminal %j with %j: colours %j', (isTerminal, variables, wanted) => {
  expect(wantsColours(isTerminal, { TERM: 'xterm', ...variables })).toBe(wanted);
});
