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

  it('takes negative numbers, a dash and all behind -- as words', async () => {
    await run('-1', '-');
    expect(called?.words).toEqual(['-1', '-']);
    await run('--all=false', '--', '--all');
    expect([called?.words, called?.on('all')]).toEqual([['--all'], false]);
  });

  it.each([
    [['T', '--queue', '--all'], /the flag --queue needs a value/],
    [['T', '--queue', '--nope'], /the flag --queue needs a value/],
    [['T', '--all=7'], /the flag --all is on or off/],
    [['-z', 'T'], /unknown flag -z/],
    [['--nope=secret', 'T'], /^unknown flag --nope; see/],
    [['--nope', 'T'], /unknown flag --nope; see faktory sample --help/],
    [['T', '--queue'], /the flag --queue needs a value/],
    [['T', '--queue='], /the flag --queue needs a value/],
    [[], /something is missing; write faktory sample JOBTYPE \[ARGS\]/],
    [['T', '[1', '2]'], /"2\]" is too much: a value with spaces needs quotes/],
  ])('is not run when it is used wrongly: %j', async (args, text) => {
    called = undefined;
    await expect(run(...args)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringMatching(text),
    });
    expect(called).toBeUndefined();
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

it('every command is found by its name and told of in the list', async () => {
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
