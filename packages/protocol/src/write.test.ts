import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAck, parseBeat, parseFail, parseQueueCommand, splitVerb } from './command.ts';
import { parseHello } from './handshake.ts';
import { parseJobs } from './job-list.ts';
import { parseJob } from './job-text.ts';
import { parseMutate } from './mutate.ts';
import { write } from './write.ts';

/** Texts that would break a line if they were not escaped. */
const wild = fc.string({
  unit: fc.oneof(fc.string({ maxLength: 1 }), fc.constantFrom('\r', '\n', '"', '\\')),
});

/** The text after the verb of a written line; fails unless it is one whole line. */
function payload(line: string): string {
  expect(line).toMatch(/^[^\r\n]*\r\n$/);
  return splitVerb(line.slice(0, -2))[1];
}

describe('a written line', () => {
  test.each([
    [write.info(), 'INFO\r\n'],
    [write.flush(), 'FLUSH\r\n'],
    [write.end(), 'END\r\n'],
    [write.fetch(['critical', 'default']), 'FETCH critical default\r\n'],
    [write.ack('123456789'), 'ACK {"jid":"123456789"}\r\n'],
    [write.queue('PAUSE', ['a', 'b']), 'QUEUE PAUSE a b\r\n'],
    [write.queue('RESUME', '*'), 'QUEUE RESUME *\r\n'],
    [write.queue('LATENCY', []), 'QUEUE LATENCY\r\n'],
    [write.pushBulk([]), 'PUSHB []\r\n'],
    [write.hello({ v: 2 }), 'HELLO {"v":2}\r\n'],
    [write.mutate({ cmd: 'clear', target: 'dead' }), 'MUTATE {"cmd":"clear","target":"dead"}\r\n'],
  ])('%j', (line, expected) => {
    expect(line).toBe(expected);
  });

  test('a written command is one line for any texts, and reads back the same', () => {
    fc.assert(
      fc.property(
        wild.filter((text) => text !== ''),
        (text) => {
          expect(parseAck(payload(write.ack(text))).jid).toBe(text);
          expect(parseFail(payload(write.fail({ jid: text, backtrace: [text] })))).toMatchObject({
            jid: text,
            backtrace: [text],
          });
          expect(parseBeat(payload(write.beat({ wid: text, rss_kb: 5 })))).toEqual({ wid: text, rssKb: 5 });
          const job = parseJob(payload(write.push({ jid: text, jobtype: text, args: [text] })));
          expect(job).toMatchObject({ jid: text, jobtype: text, args: JSON.stringify([text]) });
          const hello = { v: 2, wid: text, hostname: text, labels: [text], pid: 5 };
          expect(parseHello(write.hello(hello).slice(0, -2))).toEqual(hello);
          const mutation = {
            cmd: 'kill',
            target: 'retries',
            filter: { regexp: text, jids: [text] },
          } as const;
          expect(parseMutate(payload(write.mutate(mutation)))).toEqual(mutation);
        },
      ),
    );
  });

  test('a written command never has a null for an absent field', () => {
    const loose = { jid: '123456789', jobtype: 'T', args: [null], custom: undefined, at: null } as never;
    expect(write.push(loose)).toBe('PUSH {"jid":"123456789","jobtype":"T","args":[null]}\r\n');
    expect(parseJobs(payload(write.pushBulk([loose, loose])))).toHaveLength(2);
  });

  test('a written QUEUE names all or some queues', () => {
    expect(parseQueueCommand(payload(write.queue('REMOVE', '*')))).toEqual({
      sub: 'REMOVE',
      names: [],
      all: true,
    });
    expect(parseQueueCommand(payload(write.queue('REMOVE', ['a'])))).toMatchObject({
      names: ['a'],
      all: false,
    });
  });
});

describe('a command that is refused before it is sent', () => {
  test.each([[['a b']], [['a\r\nFLUSH']], [['']], [[]]])(
    'FETCH %j is refused before it is sent',
    (queues) => {
      expect(() => write.fetch(queues)).toThrow(expect.objectContaining({ code: 'INVALID' }));
    },
  );

  test('QUEUE with an invalid name is refused before it is sent', () => {
    expect(() => write.queue('PAUSE', ['a\nFLUSH'])).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });

  test('args that JSON cannot hold are refused before they are sent', () => {
    const push = (): string => write.push({ jid: '123456789', jobtype: 'T', args: [5n] });
    expect(push).toThrow(expect.objectContaining({ code: 'INVALID', cause: expect.any(TypeError) }));
  });
});
