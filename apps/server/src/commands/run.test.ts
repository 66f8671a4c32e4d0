import { describe, expect, it } from 'vitest';
import { type Call, command, type Terminal } from './command.ts';
import { allCommands, commandList, commandNames, commandOf, runCommand } from './run.ts';

const printed: string[] = [];
const terminal: Terminal = {
  env: {},
  tty: false,
  width: 80,
  input: process.stdin,
  printAll: async (lines) => void printed.push(...lines),
  print: (text) => void printed.push(text),
  note: () => undefined,
  confirm: async () => false,
  signal: new AbortController().signal,
  endable: async (work) => work(),
};

let called: Call<'queue' | 'all'> | undefined;
const sample = command({
  name: 'sample',
  synopsis: 'JOBTYPE [ARGS]',
  describe: 'does nothing',
  flags: {
    queue: { alias: 'q', value: 'QUEUE', describe: 'which', normal: 'default' },
    all: { describe: 'all' },
  },
  words: [1, 2],
  run: async (call) => {
    called = call;
  },
});

const run = (...args: string[]): Promise<void> => runCommand(sample, args, terminal);

describe('a command', () => {
  it('gets its words, values and switches, in any order, as text', async () => {
    await run('-q', '007', 'T', '--all', '[1]');
    expect([called?.words, called?.value('queue'), called?.on('all')]).toEqual([['T', '[1]'], '007', true]);
    await run('12');
    expect([called?.words, called?.value('queue'), called?.on('all')]).toEqual([['12'], undefined, false]);
  });

  it.each([
    [['T', '--queue', '-1'], '-1'],
    [['T', '--queue', '-3d'], '-3d'],
    [['T', '--queue', '-x'], '-x'],
    [['T', '--queue=--all'], '--all'],
    [['T', '--queue', 'a', '-q=b=c'], 'b=c'],
  ])('takes as a value what stands behind its flag: %j', async (args, value) => {
    await run(...args);
    expect(called?.value('queue')).toBe(value);
  });

  it('takes negative numbers, a dash and everything after -- as words', async () => {
    await run('-1', '-');
    expect(called?.words).toEqual(['-1', '-']);
    await run('--all=false', '--', '--all');
    expect([called?.words, called?.on('all')]).toEqual([['--all'], false]);
  });

  it.each([
    [['T', '--queue', '--all'], /the flag --queue needs a value/],
    [['T', '--queue', '--nope'], /the flag --queue needs a value/],
    [['T', '--all=7'], /the flag --all is a switch/],
    [['-z', 'T'], /unknown flag -z/],
    [['--nope=secret', 'T'], /^unknown flag --nope; see/],
    [['--nope', 'T'], /unknown flag --nope; see faktory sample --help/],
    [['T', '--queue', '--x'], /--queue needs a value: write --queue=VALUE for a value that begins with --;/],
    [['-Qm0k4lZm0k4l'], /^unknown flag -Qm0k4lZm0k4l; see/],
    [['T', '--queue'], /the flag --queue needs a value;/],
    [['T', '--queue='], /the flag --queue needs a value/],
    [[], /something is missing; write faktory sample JOBTYPE \[ARGS\]/],
    [['T', '[1', '2]'], /"2\]" is one word too many \(put a value with spaces into quotes\)/],
  ])('is not run when it is used wrongly: %j', async (args, text) => {
    called = undefined;
    await expect(run(...args)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringMatching(text),
    });
    expect(called).toBeUndefined();
  });

  it.each([
    [
      ['-Qm0k4lZ', '-q', 'a', '-QyJ9-_dW4Hn2Tz0kL5xVbR1p'],
      ['-Qm0k4lZ', '-QyJ9-_dW4Hn2Tz0kL5xVbR1p'],
    ],
    [['-hm0k4lZ=='], ['-hm0k4lZ==']],
    [
      ['-q', 'a', '--', '--Qm0k4l', '-x'],
      ['--Qm0k4l', '-x'],
    ],
  ])(
    'that takes ids takes a long word behind one dash, and all behind --, as ids: %j',
    async (args, words) => {
      await runCommand({ ...sample, ids: 'a JID' }, args, terminal);
      expect(called?.words).toEqual(words);
    },
  );

  it.each([
    [
      '--Qm0k4lZ',
      'unknown flag --Qm0k4lZ; a JID that begins with a dash goes after " -- ": faktory sample … -- --Qm0k4lZ; see faktory sample --help',
    ],
    [
      '-Qm',
      'unknown flag -Qm; a JID that begins with a dash goes after " -- ": faktory sample … -- -Qm; see faktory sample --help',
    ],
    [
      '-password=secret',
      'unknown flag -password; a JID that begins with a dash goes after " -- ": faktory sample … -- -password; see faktory sample --help',
    ],
  ])('that takes ids says how a word that looks like a flag is written: %s', async (arg, message) => {
    const ids = { ...sample, ids: 'a JID' };
    await expect(runCommand(ids, [arg], terminal)).rejects.toMatchObject({ code: 'CONFIG', message });
    await runCommand(ids, ['--help'], terminal);
    expect(printed.at(-1)).toContain('For a JID that begins with --');
  });

  it('prints its help instead of running', async () => {
    called = undefined;
    await run('--help');
    expect(printed.at(-1)).toMatch(
      /Usage: faktory sample JOBTYPE \[ARGS\][\s\S]*does nothing[\s\S]*-q, --queue QUEUE {2}which \(default: default\)/,
    );
    expect(called).toBeUndefined();
  });
});

it('every command is found by its name and is in the list', async () => {
  const list = await commandList();
  const all = await allCommands();
  expect(all.map(({ name }) => name)).toEqual(commandNames);
  for (const one of all) {
    expect((await commandOf([one.name, 'x']))?.name).toBe(one.name);
    expect(list).toContain(`  ${one.name} `);
  }
  expect(await commandOf(['-b', ':1'])).toBeUndefined();
  expect(await commandOf([])).toBeUndefined();
});

it.each([
  ['quues', 'unknown command "quues"; did you mean queues?; see faktory --help'],
  ['constructor', 'unknown command "constructor"; see faktory --help'],
])('a word that is no command is refused: %s', async (word, message) => {
  await expect(commandOf([word])).rejects.toMatchObject({ code: 'CONFIG', message });
});

it('every command that prints data has --json; dump prints JSON anyway, completion a script', async () => {
  const without = (await allCommands()).filter(({ flags }) => !Object.hasOwn(flags, 'json'));
  expect(without.map(({ name }) => name)).toEqual(['dump', 'completion']);
});

it('every command with job ids, workers or queues as words takes words that begin with a dash', async () => {
  const taking = (await allCommands()).filter(({ synopsis }) => /JID…|WID…|NAME…/.test(synopsis));
  expect(taking.length).toBeGreaterThan(8);
  for (const { name, ids } of taking)
    expect([name, ids]).toEqual([name, expect.stringMatching(/^a (JID|WID|name)$/)]);
});
