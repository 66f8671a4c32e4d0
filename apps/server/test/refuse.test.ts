import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endAll, faktory, free, freshFolder, holdPort } from './program.ts';

afterEach(endAll);

/** The one line of the refused start. */
async function refusal(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const program = faktory(args, env);
  expect(await program.ended).toBe(1);
  const lines = program.err.split('\n').filter((line) => line.startsWith('faktory: '));
  expect(lines).toHaveLength(1);
  expect(program.err.trimEnd().endsWith(lines[0] ?? '')).toBe(true);
  expect(program.out).not.toContain('listening at');
  return lines[0] ?? '';
}

describe('a failed start prints the reason in one line and exits with 1', () => {
  it.each([
    [['--nope'], 'unknown flag --nope'],
    [['-b', ':99999'], 'there is no port 99999'],
    [['-b', '7419'], 'is not an address'],
    [['--max-connections', '-1'], '--max-connections'],
    [['-e', 'prod'], 'choose development, staging, production'],
    [['--sync', 'sometimes'], 'choose full, relaxed, off'],
  ])('on wrong flags: %j', async (args, text) => {
    expect(await refusal(args)).toContain(text);
  });

  it.each(['staging', 'production'])('in %s without a password', async (environment) => {
    const line = await refusal([...free, '-e', environment, '-d', freshFolder()]);
    expect(line).toMatch(/FAKTORY_PASSWORD.*FAKTORY_SKIP_PASSWORD/);
  });

  it.each([[['-b', ':0', '-w', ':0']], [['-b', 'localhost:0', '-w', '0.0.0.0:0']]])(
    'without a password where other machines reach it, in every environment: %j',
    async (args) => {
      const line = await refusal([...args, '-d', freshFolder()]);
      expect(line).toMatch(/a password is required.*FAKTORY_PASSWORD.*--skip-password/);
    },
  );

  it('on a missing password file', async () => {
    expect(await refusal(free, { FAKTORY_PASSWORD: '/no/such/file' })).toContain(
      'FAKTORY_PASSWORD: cannot read',
    );
  });

  it('on an address that other machines reach without a password, in the words of the program', async () => {
    const program = faktory(['-b', ':0', '-w', ':0', '-d', freshFolder()]);
    expect(await program.ended).toBe(1);
    expect(program.err).toMatch(/--skip-password \(or FAKTORY_SKIP_PASSWORD=1\) lets everybody in/);
    expect(program.err).not.toContain('openToNetwork');
  });

  it('on broken TOML', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'conf.d'));
    writeFileSync(join(folder, 'conf.d/a.toml'), '[faktory]\npassword = hunter2\n');
    const line = await refusal([...free, '-c', folder]);
    expect(line).toContain('a.toml, line 2');
    expect(line).not.toContain('hunter2');
  });

  it('on a command port in use', async () => {
    const { port, server } = await holdPort();
    expect(await refusal(['-b', `localhost:${port}`, '-w', ':0'])).toContain(`127.0.0.1:${port}`);
    server.close();
  });

  it('on an HTTP port in use', async () => {
    const { port, server } = await holdPort();
    expect(await refusal(['-b', 'localhost:0', '-w', `localhost:${port}`])).toContain(`127.0.0.1:${port}`);
    server.close();
  });

  it('on a folder that another server uses, naming its process', async () => {
    const folder = freshFolder();
    const first = faktory([...free, '-d', folder]);
    await first.port();
    expect(await refusal([...free, '-d', folder])).toContain(`process ${first.child.pid}`);
  });

  it('on a folder that cannot be made', async () => {
    const file = join(freshFolder(), 'file');
    writeFileSync(file, '');
    expect(await refusal([...free, '-d', join(file, 'db')])).toContain(join(file, 'db'));
  });

  it('on a folder with a foreign database', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'faktory.db'), 'this is not a database');
    chmodSync(join(folder, 'faktory.db'), 0o600);
    expect(await refusal([...free, '-d', folder])).toContain('faktory.db');
  });

  it('as a JSON line with --log-format json', async () => {
    const program = faktory(['--log-format', 'json', '-b', ':99999']);
    expect(await program.ended).toBe(1);
    expect(JSON.parse(program.err)).toMatchObject({ level: 'error', msg: expect.stringContaining('99999') });
  });
});
