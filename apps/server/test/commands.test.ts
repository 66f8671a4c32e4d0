import { afterEach, describe, expect, it } from 'vitest';
import { endAll, faktory, free, freshFolder } from './program.ts';

afterEach(endAll);

describe('a command of the program', () => {
  it('uses the server of --url or FAKTORY_URL, and exits with 0', async () => {
    const server = faktory([...free, '-d', freshFolder()]);
    const url = `tcp://localhost:${await server.port()}`;
    const told = faktory(['info', '--url', url]);
    expect([await told.ended, told.err]).toEqual([0, '']);
    expect(told.out).toMatch(/^server +faktory-ts .*\n[\s\S]*enqueued +0\n/);
    const json = faktory(['info', '--json'], { FAKTORY_URL: url });
    expect(await json.ended).toBe(0);
    expect(JSON.parse(json.out)).toMatchObject({ faktory: { total_enqueued: 0 } });
  });

  it('that fails prints the reason in one line without the password, and exits with 1', async () => {
    const server = faktory([...free, '-d', freshFolder()], { FAKTORY_PASSWORD: 'right' });
    const told = faktory(['info', '--url', `tcp://:wrong-one@localhost:${await server.port()}`]);
    expect(await told.ended).toBe(1);
    expect(told.err).toMatch(/^faktory info: .*password.*\n$/i);
    expect(told.err + told.out).not.toContain('wrong-one');
  });

  it('with wrong usage exits with 2', async () => {
    const told = faktory(['info', '--nope']);
    expect([await told.ended, told.err]).toEqual([
      2,
      'faktory info: unknown flag --nope; see faktory info --help\n',
    ]);
  });

  it('quotes a bad number or time as it was typed', async () => {
    const dir = freshFolder();
    for (const [words, text] of [
      [
        ['purge', '0', '-d', dir],
        'faktory purge: KEEP: "0" cannot be used; give a whole number from 1 to 100,000',
      ],
      [
        ['jobs', '-n', 'x'],
        'faktory jobs: --limit: "x" cannot be used; give a whole number from 1 to 1,000,000,000',
      ],
      [
        ['push', 'T', '--at', 'soon'],
        'faktory push: --at: "soon" is not a time; write 2026-11-25T16:00:00Z, or 15m, 2h, -3d from now',
      ],
    ] as const) {
      const told = faktory(words);
      expect([await told.ended, told.err]).toEqual([2, `${text}\n`]);
    }
  });

  it('that cannot reach its server gives advice in terms of flags', async () => {
    for (const [words, status, text] of [
      [
        ['info', '--url', 'localhost:7419'],
        2,
        'faktory info: --url has no tcp:// before the host: it must look like tcp://:password@host:7419',
      ],
      [
        ['info', '--url', 'tcp://localhost:1'],
        1,
        'nothing listens there: start the server, or name another one with --url or FAKTORY_URL',
      ],
      [
        ['push', 'T', '--jid', 'short'],
        2,
        'faktory push: --jid: "short" is too short; give 8 characters or more',
      ],
      [
        ['move', '--all', '--to', 'a b'],
        2,
        'faktory move: --to: "a b" is not a queue name; use letters, digits, . _ -',
      ],
      [['push', 'T', '-q', 'a b'], 2, '--queue: "a b" is not a queue name'],
      [
        ['tokens', 'add'],
        2,
        'faktory tokens: write faktory tokens, tokens add NAME --scope SCOPE, or tokens revoke NAME',
      ],
    ] as const) {
      const told = faktory(words);
      expect([await told.ended, told.err]).toEqual([status, expect.stringContaining(text)]);
    }
  });

  it('help, alone or with a name, prints the help', async () => {
    const [all, one] = [faktory(['help']), faktory(['help', 'jobs'])];
    expect([await all.ended, await one.ended]).toEqual([0, 0]);
    expect(all.out).toContain('Usage: faktory [flags]');
    expect(one.out).toContain('Usage: faktory jobs');
  });

  it('at the port of the web UI says which port is meant', async () => {
    const server = faktory(['-b', 'localhost:0', '-w', 'localhost:0', '-d', freshFolder()]);
    const [, port] = await server.says(/http at localhost:(\d+)/);
    const told = faktory(['info', '--url', `tcp://localhost:${port}`]);
    expect([await told.ended, told.err]).toEqual([
      1,
      `faktory info: localhost:${port}: this is an HTTP port, like that of the web UI (7420): use the port for jobs (7419, or what -b says)\n`,
    ]);
  });

  it('that is unknown exits with 2 and starts no server', async () => {
    const told = faktory(['jbos', '-b', 'localhost:0']);
    expect([await told.ended, told.out, told.err]).toEqual([
      2,
      '',
      'faktory: unknown command "jbos"; did you mean jobs?; see faktory --help\n',
    ]);
  });
});
