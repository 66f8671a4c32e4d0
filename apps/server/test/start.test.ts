import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { converse, endAll, faktory, free, freshFolder, holdPort } from './program.ts';

afterEach(endAll);

const lineOf = (text: string, part: string): string =>
  text.split('\n').find((line) => line.includes(part)) ?? '';

describe('a start', () => {
  it('ends with the readiness line, which has the binding as typed', async () => {
    const { port, server } = await holdPort();
    await new Promise((resolve) => server.close(resolve));
    const program = faktory(['-b', `:${port}`, '-w', ':0', '--skip-password']);
    await program.says(/listening at/);
    const last = program.out.trimEnd().split('\n').at(-1) ?? '';
    expect(last).toMatch(/^I \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z PID /);
    expect(last.slice(27)).toBe(`PID ${program.child.pid} listening at :${port}, press Ctrl-C to stop`);
    expect(await converse(port, ['INFO'])).toContain('"faktory_version"');
  });

  it('logs data folder, sync mode, HTTP address and environment before it', async () => {
    const folder = freshFolder();
    const program = faktory(['-d', folder, '-b', 'localhost:0', '-w', 'localhost:0']);
    await program.says(/listening at/);
    expect(program.out).toContain(`data in ${folder}\n`);
    expect(program.out).toMatch(/^I .* sync full: /m);
    expect(program.out).toContain('environment development');
    const [, http] = await program.says(/http at (localhost:\d+)/);
    expect((await fetch(`http://${http}/health`)).status).toBe(200);
  });

  it.each(['relaxed', 'off'])('warns what --sync %s may lose', async (sync) => {
    const program = faktory([...free, '--sync', sync]);
    await program.says(/listening at/);
    expect(lineOf(program.out, `sync ${sync}`)).toMatch(/^W .* may lose/);
  });

  it('puts the banner on standard error, in at most three lines', async () => {
    const program = faktory(free);
    await program.says(/listening at/);
    expect(program.err).toMatch(/^faktory-ts \d+\.\d+\.\d+.*\n/);
    expect(program.err).toContain('MIT');
    expect(program.err.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });

  it('prints no information with -l warn, but warnings', async () => {
    const program = faktory([...free, '-l', 'warn', '--sync', 'off']);
    await program.says(/sync off/);
    await program.stop();
    expect(program.out).toMatch(/^W [^\n]*\n$/);
  });

  it('logs JSON lines with --log-format json', async () => {
    const program = faktory([...free, '--log-format', 'json']);
    await program.says(/listening at/);
    await program.stop();
    for (const line of program.out.trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(String),
        time: expect.stringMatching(/Z$/),
      });
    }
  });

  it('warns about unknown TOML by name and goes on', async () => {
    const folder = freshFolder();
    mkdirSync(`${folder}/conf.d`);
    writeFileSync(`${folder}/conf.d/a.toml`, '[colours]\nred = 1\n[limits]\nmax-bulk-jobs = 1\n');
    const program = faktory([...free, '-c', folder]);
    const port = await program.port();
    expect(lineOf(program.out, '[colours]')).toMatch(/^W /);
    const jobs = ['a', 'b'].map((jid) => ({ jid: `job-${jid}-0001`, jobtype: 'T', args: [] }));
    expect(await converse(port, [`PUSHB ${JSON.stringify(jobs)}`])).toMatch(/-ERR /);
  });
});

describe('asked for', () => {
  it.each(['-v', '--version'])('%s, it prints name and version and exits with 0', async (flag) => {
    const program = faktory([flag]);
    expect(await program.ended).toBe(0);
    expect(program.out).toMatch(/^faktory-ts \d+\.\d+\.\d+\S*\n$/);
  });

  it.each(['-h', '--help'])('%s, it prints the flags and exits with 0', async (flag) => {
    const program = faktory([flag], { FAKTORY_PASSWORD: 'hunter2' });
    expect(await program.ended).toBe(0);
    expect(program.out).toContain('--max-connections');
    expect(program.out + program.err).not.toContain('hunter2');
  });
});

describe('the password', () => {
  it('is required and never in the output', async () => {
    const env = { FAKTORY_PASSWORD: 'hunter2', FAKTORY_ENV: 'production' };
    const program = faktory([...free, '-d', freshFolder(), '-l', 'debug'], env);
    expect(await converse(await program.port(), [])).toMatch(/^\+HI .*"s":.*\r\n-ERR Invalid password\r\n$/);
    program.signal('SIGTTIN');
    await program.says(/INFO/);
    expect(await program.stop()).toBe(0);
    expect(program.out + program.err).not.toContain('hunter2');
  });
});
