import { describe, expect, it } from 'vitest';
import { parseFlags } from './flags.ts';
import { limits } from './limits.ts';

const refusal = async (...args: string[]): Promise<string> => {
  const error: unknown = await parseFlags(args).catch((reason: unknown) => reason);
  return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
};

describe('parseFlags', () => {
  it.each([[['-b', ':1']], [['-b=:1']], [['--b', ':1']], [['--b=:1']], [['-bind', ':1']], [['--bind=:1']]])(
    'reads %j, in the style of Go or ours',
    async (args) => {
      expect(await parseFlags(args)).toEqual({ flags: { bind: ':1' }, takeOver: false, skipPassword: false });
    },
  );

  it('reads every short flag of the original', async () => {
    const args = ['-b', ':1', '-w', ':2', '-e', 'production', '-l', 'warn', '-d', '/d', '-c', '/c'];
    const flags = {
      bind: ':1',
      web: ':2',
      environment: 'production',
      'log-level': 'warn',
      dir: '/d',
      config: '/c',
    };
    expect(await parseFlags(args)).toEqual({ flags, takeOver: false, skipPassword: false });
  });

  it('keeps values as text, whatever they look like', async () => {
    expect(await parseFlags(['--dead-limit', '007', '-d', 'true'])).toEqual({
      flags: { 'dead-limit': '007', dir: 'true' },
      takeOver: false,
      skipPassword: false,
    });
  });

  it('takes the last value of a repeated flag', async () => {
    expect(await parseFlags(['-b', ':1', '--bind', ':2'])).toEqual({
      flags: { bind: ':2' },
      takeOver: false,
      skipPassword: false,
    });
  });

  it('reads --take-over and --skip-password as switches', async () => {
    const flags = { bind: ':1' };
    expect(await parseFlags(['--take-over', '-b', ':1'])).toEqual({
      flags,
      takeOver: true,
      skipPassword: false,
    });
    expect(await parseFlags(['--skip-password', '-b', ':1'])).toEqual({
      flags,
      takeOver: false,
      skipPassword: true,
    });
  });

  it.each([['--nope'], ['-x'], ['-vh'], ['--no-bind']])('names the unknown flag %s', async (arg) => {
    expect(await refusal(arg)).toBe(`FaktoryError: unknown flag ${arg}; see faktory --help`);
  });

  it('refuses --__proto__ as an unknown flag', async () => {
    expect(await refusal('--__proto__')).toContain('unknown flag');
  });

  it('prints no value of an unknown flag, which may be a password', async () => {
    expect(await refusal('--password=hunter2')).toBe(
      'FaktoryError: unknown flag --password; see faktory --help',
    );
    expect(await refusal('--password', 'hunter2')).not.toContain('hunter2');
  });

  it.each([['-b'], ['--b', '-v'], ['-b', '']])(
    'names the flag that lacks its value: %s %s',
    async (...args) => {
      expect(await refusal(...args)).toMatch(
        /^FaktoryError: the flag --?b(ind)? needs a value; see faktory --help$/,
      );
    },
  );

  it('refuses words that are not flags', async () => {
    expect(await refusal('start')).toContain('"start" is neither a command nor a flag');
    expect(await refusal('--', 'start')).toContain('"start" is neither a command nor a flag');
  });

  it.each(['-v', '--version', '-version'])('knows %s', async (arg) => {
    expect(await parseFlags([arg])).toEqual({ version: true });
  });

  it.each(['-h', '--help', '-help'])('explains every flag for %s', async (arg) => {
    const asked = await parseFlags([arg]);
    const help = 'help' in asked ? asked.help : '';
    for (const { name, normal } of limits)
      expect(help).toMatch(new RegExp(`--${name}\\s[^]*?default: ${normal}`));
    for (const flag of [
      '-b, --bind',
      '-w, --web',
      '-e, --environment',
      '-l, --log-level',
      '-d, --dir',
      '-c, --config',
    ])
      expect(help).toContain(flag);
    expect(help).toContain('FAKTORY_SKIP_PASSWORD');
  });
});
