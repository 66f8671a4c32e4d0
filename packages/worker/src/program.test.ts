import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../server/test/leaks.ts';
import { JobsDesk } from '../test/jobs-desk.ts';
import { parseQueueFlags } from './flags.ts';
import { run } from './program.ts';

let cwd: string;
let desk: JobsDesk;

beforeEach(async () => {
  desk = await JobsDesk.open();
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-program-'));
  await writeFile(
    path.join(cwd, 'handlers.ts'),
    'export const Run = (_: unknown, n: number) => { if (n > 1) throw new Error("big"); };',
  );
});

afterEach(async () => {
  await desk.server.stop();
  await rm(cwd, { recursive: true });
});

interface Started {
  ended: Promise<number>;
  signals: EventEmitter;
  stdout: () => string;
  stderr: () => string;
}

function start(...argv: string[]): Started {
  const signals = new EventEmitter();
  const out: string[] = [];
  const err: string[] = [];
  const around = {
    cwd,
    env: {},
    signals,
    spawnSelf: () => {
      throw new Error('no child was asked for');
    },
    stdout: (text: string) => out.push(text),
    isTerminal: false,
    stderr: (text: string) => err.push(text),
  };
  return { ended: run(argv, around), signals, stdout: () => out.join(''), stderr: () => err.join('') };
}

describe('the program', () => {
  test('runs the jobs of its queues until it is stopped, then ends with 0', async () => {
    desk.give({ args: [1] });
    desk.give({ jid: 'jid-00002', args: [2] });
    const flags = [
      '-r',
      'handlers.ts',
      '-q',
      'a',
      '--queue',
      'b',
      '-c',
      '1',
      '--label',
      'x',
      '--url',
      desk.url,
    ];
    const program = start(...flags);
    await desk.server.line('FAIL');
    await desk.server.line('FETCH a b', 3);
    program.signals.emit('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(desk.said('ACK')).toEqual([{ jid: 'jid-00001' }]);
    expect(desk.said('FAIL')).toMatchObject([{ jid: 'jid-00002', message: 'big' }]);
    expect(program.stdout()).toMatch(/^I \S+ connected to 127\.0\.0\.1:\d+/);
    expect(program.stdout()).toMatch(/W \S+ job failed: Error: big jid=jid-00002 jobtype=Run\n/);
    expect(desk.server.peers[0]?.lines[0]).toContain('"labels":["x"]');
    expect(program.signals.eventNames()).toEqual([]);
  });

  test('ends with 0 when the server sends terminate', async () => {
    desk.answers.set('BEAT', '$21\r\n{"state":"terminate"}\r\n');
    expect(await start('-r', 'handlers.ts', '--url', desk.url).ended).toBe(0);
  });

  test('stopped while it waits for its server, it ends with 0', async () => {
    await desk.server.stop();
    const program = start('-r', 'handlers.ts', '--url', desk.url);
    await eventually(() => program.signals.listenerCount('SIGINT') !== 0, 15_000);
    program.signals.emit('SIGINT');
    expect(await program.ended).toBe(0);
  });

  test('--help prints every flag with its default, --version the version', async () => {
    const help = start('--help');
    expect(await help.ended).toBe(0);
    const names = [
      '--require',
      '--queue',
      '--concurrency',
      '--url',
      '--timeout',
      '--label',
      '--log-level',
      '--config',
      '--watch',
      '--http',
      '--health-window',
      '--log-format',
      'TTIN',
    ];
    for (const name of names) expect(help.stdout()).toContain(name);
    for (const value of ['"default"', '10', '25', '"info"', 'FAKTORY_URL'])
      expect(help.stdout()).toContain(value);
    const version = start('--version');
    expect(await version.ended).toBe(0);
    expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+/);
  });

  test.each([
    ['no file and no config', [], 'require'],
    ['a file that is not there', ['-r', 'nope.ts'], 'nope.ts'],
    ['an unknown flag', ['-r', 'handlers.ts', '--wrong'], 'wrong'],
    ['a word too many', ['-r', 'handlers.ts', 'extra'], 'extra'],
    ['a bad concurrency', ['-r', 'handlers.ts', '-c', 'many'], 'concurrency'],
    ['a bad timeout', ['-r', 'handlers.ts', '-t', 'x'], 'shutdownTimeout'],
    ['a bad level', ['-r', 'handlers.ts', '-l', 'loud'], 'log-level'],
    ['a bad queue', ['-r', 'handlers.ts', '-q', 'a b'], 'a b'],
    ['a bad weight', ['-r', 'handlers.ts', '-q', 'a,x'], 'a,x'],
    ['a queue twice', ['-r', 'handlers.ts', '-q', 'a,1', '-q', 'a,2'], 'twice'],
    ['a bad format', ['-r', 'handlers.ts', '--log-format', 'xml'], 'log-format'],
    ['a bad HTTP address', ['-r', 'handlers.ts', '--http', 'x'], 'HOST:PORT'],
    [
      'a health window too short',
      ['-r', 'handlers.ts', '--health-window', '1'],
      'healthWindow is 1000; it must be',
    ],
    ['a config that is not there', ['--config', 'nope.ts'], 'nope.ts'],
    ['a bad URL', ['-r', 'handlers.ts', '--url', 'nope'], 'URL'],
    ['a flag given twice', ['-r', 'handlers.ts', '-c', '1', '-c', '2'], 'concurrency'],
  ])('%s ends it with 1 and says so on stderr', async (_name, argv, part) => {
    const program = start(...argv);
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toMatch(/^faktory-worker: /);
    expect(program.stderr()).toContain(part);
    expect(program.stdout()).toBe('');
  });

  test('an HTTP address that is in use ends it with 1', async () => {
    const { port } = new URL(desk.url);
    const program = start('-r', 'handlers.ts', '--url', desk.url, '--http', port);
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toMatch(new RegExp(`^faktory-worker: cannot serve HTTP on 127.0.0.1:${port}: `));
  });

  test('a jobtype both in the config and in a file ends it with 1', async () => {
    await writeFile(path.join(cwd, 'faktory.config.mjs'), 'export default { handlers: { Run() {} } };');
    const program = start('-r', 'handlers.ts', '--url', desk.url);
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toContain('a handler for Run is both in the config file and in a required file');
  });

  test('a wrong password ends it with 1', async () => {
    desk.answers.set('BEAT', '-ERR Invalid password\r\n');
    const program = start('-r', 'handlers.ts', '--url', desk.url);
    expect(await program.ended).toBe(1);
    expect(program.stderr()).toBe('faktory-worker: Invalid password\n');
  });
});

test('queue flags give a strict order, or weights when one has a weight', () => {
  expect(parseQueueFlags(['a', 'b'])).toEqual(['a', 'b']);
  expect(parseQueueFlags(['a', 'b,3', 'c,0.5'])).toEqual({ a: 1, b: 3, c: 0.5 });
});
