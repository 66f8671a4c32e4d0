import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from './log.ts';

function logging(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string): number => lines.push(line);
  return { lines, log: createLog({ level: 'info', format: 'text', colour: false, ...options, write }) };
}

describe('a text line', () => {
  it('is the level letter, the time in UTC with milliseconds, the message and the fields', () => {
    const { lines, log } = logging({ level: 'debug' });
    log.debug('a');
    log.info('b', { port: 7419, host: '::1', note: 'two words', list: [1] });
    log.warn('c');
    log.error('d');
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    expect(lines[0]).toMatch(new RegExp(`^D ${time} a\n$`));
    expect(lines[1]).toMatch(new RegExp(`^I ${time} b port=7419 host=::1 note="two words" list=\\[1\\]\n$`));
    expect(lines[2]).toMatch(new RegExp(`^W ${time} c\n$`));
    expect(lines[3]).toMatch(new RegExp(`^E ${time} d\n$`));
  });

  it('cannot be forged by a message', () => {
    const { lines, log } = logging();
    log.info('one\nE 2026-01-01T00:00:00.000Z two\r\u001b[31m', { field: 'x\ny' });
    expect(lines[0]?.split('\n')[1]).toMatch(
      /^ {4}E 2026-01-01T00:00:00\.000Z two\\r\\u001b\[31m field="x\\ny"$/,
    );
  });

  it('has a coloured letter only when colours are wanted', () => {
    const { lines, log } = logging({ colour: true });
    log.warn('careful');
    const [before, afterStart, afterLetter, ...more] = lines[0]?.split('\u001b[') ?? [];
    expect([before, afterStart]).toEqual(['', '33mW']);
    expect(afterLetter).toMatch(/^0m \d\S+Z careful\n$/);
    expect(more).toEqual([]);
  });

  it('tells an error in a field', () => {
    const { lines, log } = logging();
    log.error('failed', { error: new Error('why') });
    expect(lines[0]).toContain('"message":"why"');
  });
});

describe('the level', () => {
  it.each([
    ['error', 'WE'],
    ['warn', 'WE'],
    ['info', 'IWE'],
    ['debug', 'DIWE'],
  ] as const)('%s writes %s: warnings and errors always', (level, letters) => {
    const { lines, log } = logging({ level });
    log.debug('x');
    log.info('x');
    log.warn('x');
    log.error('x');
    expect(lines.map((line) => line.charAt(0)).join('')).toBe(letters);
  });
});

describe('a JSON line', () => {
  it('is one object with level, ISO time, pid, message and the fields', () => {
    const { lines, log } = logging({ format: 'json', colour: true });
    log.info('two\nlines', { port: 7419 });
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    const line = { level: 'info', time, pid: process.pid, msg: 'two\nlines', port: 7419 };
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual(line);
  });
});
