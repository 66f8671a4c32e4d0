import { expect, test, vi } from 'vitest';
import { lineLogger, type logLevels } from './log-lines.ts';

function printed(
  level: (typeof logLevels)[number],
  act: (log: ReturnType<typeof lineLogger>) => void,
): string {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  const lines: string[] = [];
  act(lineLogger(level, (line) => lines.push(line)));
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

test('no text breaks the line or reaches the terminal as control', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const fields = { a: 'x\ny', b: new Error('z\r'), c: cyclic, d: 'e\u001bf' };
  const line = printed('info', (log) => log.error('one\ntwo\u001b[31m', fields));
  expect(line).toBe(
    'E 1970-01-01T00:00:00.000Z one\\ntwo\\u001b[31m a="x\\ny" b="z\\r" c=(TypeError) d=e\\u001bf\n',
  );
});
