import { describe, expect, test } from 'vitest';
import { parseAck, parseBeat, parseFail, parseQueueCommand, parseQueues, splitVerb } from './command.ts';
import { utf8Length } from './utf8.ts';

/** Matches the error that refuses a verb's payload. */
const refused = (code: string, message: string | RegExp): unknown =>
  expect.objectContaining({
    code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });

test("a command's verb ends at the first space", () => {
  expect(splitVerb('PUSH {"a": 1}')).toEqual(['PUSH', '{"a": 1}']);
  expect(splitVerb('INFO')).toEqual(['INFO', '']);
  expect(splitVerb('FETCH ')).toEqual(['FETCH', ' ']);
  expect(splitVerb(' x')).toEqual(['', 'x']);
  expect(splitVerb('')).toEqual(['', '']);
});

describe('ACK', () => {
  test.each([
    ['{"jid":"123456789"}', '123456789'],
    ['{ "jid": "123456789" }', '123456789'],
    ['{"jid":"a\\"b"}', 'a"b'],
    ['{"jid":"é"}', 'é'],
    ['{"jid":""}', ''],
    ['{"jid":"x","n":1,"o":{"p":[null]}}', 'x'],
    ['{"jid":"x","jid":"y"}', 'y'],
  ])('%s acknowledges %j', (rest, jid) => {
    expect(parseAck(rest)).toEqual({ jid });
  });

  test.each([
    'nonsense',
    '',
    '{}',
    '{"jid":null}',
    '{"jid":5}',
    '[]',
    '"x"',
    '{"jid":"x"',
    '{"jid":"a\u0001b"}',
    '{"jid":"a""}',
  ])('%j is refused with its own text', (rest) => {
    expect(() => parseAck(rest)).toThrow(refused('MALFORMED', `invalid ACK ${rest}`));
  });

  test('an error for a malformed ACK quotes at most 200 characters', () => {
    expect(() => parseAck('x'.repeat(5000))).toThrow(refused('MALFORMED', `invalid ACK ${'x'.repeat(200)}`));
  });
});

describe('FAIL', () => {
  test('FAIL returns what the worker sent', () => {
    const rest =
      '{"jid":"failjob-1","errtype":"Boom","message":" it broke\\n","backtrace":["line 1","line 2"],"extra":[]}';
    expect(parseFail(rest)).toEqual({
      jid: 'failjob-1',
      errtype: 'Boom',
      message: 'it broke',
      backtrace: ['line 1', 'line 2'],
    });
  });

  test.each([
    '{"jid":"x"}',
    '{"jid":"x","errtype":null,"message":"  ","backtrace":null}',
    '{"JID":"x","backtrace":[]}',
  ])('%s is unknown where nothing was said', (rest) => {
    expect(parseFail(rest)).toEqual({ jid: 'x', errtype: 'unknown', message: 'unknown', backtrace: [] });
  });

  test('FAIL cuts errtype to 100 bytes, message to 1000 bytes and backtrace to 50 lines, between characters', () => {
    const long = '日'.repeat(600);
    const backtrace = Array.from({ length: 80 }, (_, line) => `line ${line}`);
    const report = parseFail(JSON.stringify({ jid: 'x', errtype: long, message: long, backtrace }));
    expect(utf8Length(report.errtype)).toBe(99);
    expect(utf8Length(report.message)).toBe(999);
    expect(report.backtrace).toEqual(backtrace.slice(0, 50));
  });

  test('FAIL replaces lone surrogates', () => {
    expect(parseFail('{"jid":"x","message":"a\\ud800","backtrace":["\\udc00"]}')).toMatchObject({
      message: 'a\ufffd',
      backtrace: ['\ufffd'],
    });
  });

  test.each([
    'nonsense',
    '{"jid":5}',
    '{"jid":"x","message":5}',
    '{"jid":"x","backtrace":"x"}',
    '{"jid":"x","backtrace":[5]}',
  ])('%j is refused with its own text', (rest) => {
    expect(() => parseFail(rest)).toThrow(refused('MALFORMED', `invalid FAIL ${rest}`));
  });

  test.each(['{}', '{"jid":""}', '{"jid":null,"errtype":"x"}'])(
    'FAIL %s is refused because it has no jid',
    (rest) => {
      expect(() => parseFail(rest)).toThrow(refused('MALFORMED', 'missing JID'));
    },
  );
});

describe('BEAT', () => {
  test.each([
    ['{"wid":"w"}', { wid: 'w' }],
    ['{"wid":"w","rss_kb":54176,"current_state":"quiet"}', { wid: 'w', state: 'quiet', rssKb: 54176 }],
    ['{"wid":"w","current_state":"terminate"}', { wid: 'w', state: 'terminate' }],
    ['{"wid":"w","current_state":"dancing","rss_kb":null}', { wid: 'w' }],
    ['{"wid":"w","current_state":""}', { wid: 'w' }],
    ['{}', { wid: '' }],
  ])('%s', (rest, beat) => {
    expect(parseBeat(rest)).toEqual(beat);
  });

  test.each([
    '',
    'x',
    '{"wid":5}',
    '{"wid":"w","rss_kb":"1"}',
    '{"wid":"w","rss_kb":1.5}',
    '{"wid":"w","current_state":1}',
  ])('%j is refused', (rest) => {
    expect(() => parseBeat(rest)).toThrow(refused('MALFORMED', `invalid BEAT ${rest}`));
  });
});

describe('FETCH', () => {
  test('FETCH keeps the order of its queues', () => {
    expect(parseQueues('critical default')).toEqual(['critical', 'default']);
    expect(parseQueues('a  b ')).toEqual(['a', 'b']);
  });

  test('an empty argument of FETCH is a queue without a name', () => {
    expect(parseQueues(' ')).toEqual(['']);
  });

  test('FETCH without an argument is refused', () => {
    expect(() => parseQueues('')).toThrow(refused('INVALID', 'must call fetch with at least one queue'));
  });
});

test('FETCH with more than 1,000 names or 65,536 characters is refused', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `q${index}`);
  expect(parseQueues(names.join(' '))).toEqual(names);
  expect(() => parseQueues([...names, 'q'].join(' '))).toThrow(
    refused('LIMIT', /^a fetch takes at most 1000 queue names of 65536 characters in all.*spread them/),
  );
  expect(parseQueues('q'.repeat(65_536))).toHaveLength(1);
  expect(() => parseQueues('q'.repeat(65_537))).toThrow(refused('LIMIT', /^a fetch takes at most/));
  expect(() => parseQueues(`a${' '.repeat(60_000)}b`)).toThrow(refused('LIMIT', /^a fetch takes at most/));
});

test('QUEUE with more than 1,000 names is refused', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `q${index}`).join(' ');
  expect(parseQueueCommand(`PAUSE ${names}`).names).toHaveLength(1000);
  expect(() => parseQueueCommand(`PAUSE ${names} q`)).toThrow(
    refused('LIMIT', /^QUEUE takes at most 1000 queue names.*split it into several commands$/),
  );
});

describe('QUEUE', () => {
  test.each([
    ['PAUSE a b', { sub: 'PAUSE', names: ['a', 'b'], all: false }],
    ['resume *', { sub: 'RESUME', names: [], all: true }],
    ['REMOVE a *', { sub: 'REMOVE', names: ['a', '*'], all: false }],
    ['latency', { sub: 'LATENCY', names: [], all: false }],
  ])('%s', (rest, command) => {
    expect(parseQueueCommand(rest)).toEqual(command);
  });

  test.each([
    ['DANCE beta', 'UNKNOWN_COMMAND', 'no such QUEUE subcommand: DANCE'],
    ['dance', 'UNKNOWN_COMMAND', 'no such QUEUE subcommand: DANCE'],
    ['LATENCY *', 'INVALID', 'QUEUE LATENCY does not support wildcards'],
    ['', 'INVALID', 'QUEUE needs a subcommand: PAUSE, RESUME, REMOVE or LATENCY'],
    ['PAUSE', 'INVALID', 'QUEUE PAUSE needs the names of queues, or *'],
  ])('%j is refused', (rest, code, message) => {
    expect(() => parseQueueCommand(rest)).toThrow(refused(code, message));
  });
});
