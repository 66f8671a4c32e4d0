/**
 * Tests the admin commands, one by one, with a real server in this process, and with a server that
 * has only the classic protocol.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@faktory-ts/client';
import type { FaktoryError } from '@faktory-ts/protocol';
import { createServer, type Server, type ServerOptions } from '@faktory-ts/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Screen, Terminal } from '../src/commands/command.ts';
import { commandOf, runCommand } from '../src/commands/run.ts';
import { converse, endAll, freshFolder, faktory as program } from './program.ts';

let server: Server;
let client: Client;
let printed: string;
let noted: string;
let answer: boolean;
let asked: string[];

async function begin(options: ServerOptions = {}): Promise<void> {
  server = createServer({ sync: 'off', ...options });
  await server.start();
  client = new Client({ url: server.url });
}

beforeEach(() => {
  printed = '';
  noted = '';
  answer = true;
  asked = [];
});

afterEach(async () => {
  await client.close();
  await server.stop();
  await endAll();
});

interface As {
  readonly screen?: Screen;
  readonly signal?: AbortSignal;
  readonly env?: Record<string, string>;
}

/** Runs a command; returns its output, or `CODE: message` of its error. */
async function faktory(words: readonly string[], as: As = {}): Promise<string> {
  printed = '';
  const terminal: Terminal = {
    env: { FAKTORY_URL: server.url, ...as.env },
    tty: as.screen !== undefined,
    width: 100,
    input: process.stdin,
    printAll: async (lines) => {
      printed += [...lines, ''].join('\n');
    },
    print: (text) => {
      printed += `${text}\n`;
    },
    note: (text) => {
      noted += `${text}\n`;
    },
    confirm: async (question) => {
      asked.push(question);
      return answer;
    },
    signal: as.signal ?? new AbortController().signal,
    endable: async (work) => work(),
    screen: as.screen,
  };
  const command = await commandOf(words);
  if (!command) throw new Error(`no command ${words[0]}`);
  try {
    await runCommand(command, words.slice(1), terminal);
    return printed;
  } catch (error) {
    return `${(error as FaktoryError).code}: ${(error as Error).message}`;
  }
}

const lines = (text: string): string[] => text.trimEnd().split('\n');

async function someJobs(): Promise<void> {
  await client.pushBulk([
    { jid: 'mail-0001', jobtype: 'Mail', queue: 'mail', args: ['ann@example.com'] },
    { jid: 'mail-0002', jobtype: 'Mail', queue: 'mail', args: ['bob@example.com', '\u001b[31mred\u009b'] },
    { jid: 'bill-0001', jobtype: 'Bill', args: [1], priority: 9 },
    { jid: 'later-001', jobtype: 'Bill', args: [2], in: '1h' },
  ]);
}

describe('jobs are found and shown', () => {
  it('by filters, as a table without control characters, as JSON, or as a number', async () => {
    await begin();
    await someJobs();
    const listed = await faktory(['jobs']);
    expect(lines(listed).map((line) => line.split(/ {2,}/)[2])).toEqual([
      'JID',
      'bill-0001',
      'mail-0001',
      'mail-0002',
      'later-001',
    ]);
    expect(listed).not.toContain('\u009b');
    expect(listed).not.toContain('\u001b');
    expect(lines(await faktory(['jobs', 'search', 'bob@', '--queue', 'mail', '--json']))).toHaveLength(1);
    expect(JSON.parse(printed)).toMatchObject({ place: 'ready', job: { jid: 'mail-0002' } });
    expect(printed).not.toContain('\u009b');
    expect(await faktory(['jobs', 'search', 'ater-0', '--count'])).toBe('1\n');
    expect(JSON.parse(await faktory(['jobs', 'search', 'ater-0', '--json']))).toMatchObject({
      place: 'scheduled',
    });
    expect(await faktory(['jobs', '--type', 'Bill', '--place', 'ready,scheduled', '--count'])).toBe('2\n');
    expect(JSON.parse(await faktory(['jobs', 'show', 'later-001']))).toMatchObject({ place: 'scheduled' });
    expect(await faktory(['jobs', 'show', 'nobody-01'])).toMatch(/^NOT_FOUND: there is no job nobody-01/);
    expect(await faktory(['jobs', '--place', 'morgue'])).toMatch(
      /^CONFIG: --place "morgue" is unknown; use ready/,
    );
  });
});

describe('jobs that failed', () => {
  it('are filtered by their last failure, and listed with the latest failure first', async () => {
    await begin();
    await client.pushBulk(
      ['a', 'b', 'c'].map((name) => ({ jid: `fail-000${name}`, jobtype: 'F', args: [] })),
    );
    const fail = ['a', 'b', 'c'].flatMap((name) => [
      'FETCH default',
      `FAIL {"jid":"fail-000${name}","errtype":"E","message":"m","backtrace":[]}`,
    ]);
    await converse(server.port, fail);
    const jids = (text: string): string[] =>
      lines(text).map((line) => (JSON.parse(line) as { job: { jid: string } }).job.jid);
    expect(jids(await faktory(['jobs', '--order', 'failed', '--json']))).toEqual([
      'fail-000c',
      'fail-000b',
      'fail-000a',
    ]);
    await client.push({ jid: 'never-0001', jobtype: 'F', args: [], at: '2030-01-01T00:00:00Z' });
    await faktory(['kill', 'never-0001', '-y']);
    expect(await faktory(['jobs', '--order', 'failed', '--count'])).toBe('3\n');
    expect(await faktory(['jobs', '--place', 'dead', '--count'])).toBe('1\n');
    expect(lines(await faktory(['jobs', '--failed-from=-1h']))[0]).toMatch(/^PLACE +AT +FAILED +JID/);
    expect(await faktory(['jobs', '--failed-until=-1h', '--count'])).toBe('0\n');
    expect(await faktory(['jobs', '--failed-from=-1h', '--count'])).toBe('3\n');
    expect(await faktory(['discard', '--failed-until=-1h', '-y'])).toMatch(/^0 jobs|nothing|no jobs/);
    expect(await faktory(['discard', '--failed-from=-1h', '-y'])).toBe('3 jobs discarded\n');
    expect(await faktory(['jobs', '--order', 'due'])).toBe('CONFIG: --order "due" is unknown; use failed');
  });
});

describe('a bulk change', () => {
  it('counts first and asks, and changes exactly the matching jobs', async () => {
    await begin();
    await someJobs();
    answer = false;
    await faktory(['discard', '--type', 'Mail']);
    expect(asked).toEqual(['discard 2 jobs of ready, scheduled, retries, dead?']);
    expect((await server.info()).faktory.total_enqueued).toBe(3);
    answer = true;
    expect(await faktory(['discard', '--type', 'Mail', '--text', 'bob'])).toBe('1 job discarded\n');
    expect(await faktory(['kill', 'later-001', '--yes', '--json'])).toBe('{"changed":1}\n');
    expect(asked).toHaveLength(2);
    expect(await faktory(['retry', '--all', '-y'])).toBe('1 job put back into the queue\n');
    expect(await faktory(['move', 'bill-0001', 'later-001', '--to', 'other', '-y'])).toBe('2 jobs moved\n');
    expect(await faktory(['schedule', '-q', 'other', '-p', 'ready', '--at', '2h', '-y'])).toBe(
      '2 jobs scheduled\n',
    );
    const { faktory: told } = await server.info();
    expect([told.queues, told.sets.scheduled]).toEqual([{ default: 0, mail: 1, other: 0 }, 2]);
  });

  it('changes the named jobs that exist, and fails with the jids of the others', async () => {
    await begin();
    await someJobs();
    expect(await faktory(['discard', 'mail-0001', 'nobody-01', 'nobody-02', '-y'])).toMatch(
      /^NOT_FOUND: there is no job nobody-01, nobody-02 in ready, scheduled, retries, dead; name other places with --place, or see faktory jobs show JID$/,
    );
    expect(printed).toBe('1 job discarded\n');
    expect(await faktory(['retry', 'mail-0002', '--json'])).toMatch(/^NOT_FOUND: there is no job mail-0002/);
    expect(printed).toBe('{"changed":0}\n');
  });

  it('that finds nothing names the places that it searched, and how to search others', async () => {
    await begin();
    await someJobs();
    expect(await faktory(['kill', '--queue', 'mail', '-y'])).toBe(
      '0 jobs moved to dead: no job is in retries, scheduled that matches the flags; name other places with --place: ready, working, dead\n',
    );
    expect(await faktory(['discard', '--all', '--place', 'dead', '-y'])).toBe(
      '0 jobs discarded: no job is in dead\n',
    );
    noted = '';
    expect(await faktory(['kill', '--queue', 'mail', '-y', '--json'])).toBe('{"changed":0}\n');
    expect(noted).toContain(
      '0 jobs moved to dead: no job is in retries, scheduled that matches the flags; name',
    );
    expect(await faktory(['kill', 'nobody-01', '-q', 'mail', '-y'])).toMatch(
      /^NOT_FOUND: there is no job nobody-01 in retries, scheduled that match the flags; name other places/,
    );
    expect(await faktory(['kill', 'nobody-01', '-p', 'dead', '-y'])).toBe(
      'NOT_FOUND: there is no job nobody-01 in dead; see faktory jobs show JID',
    );
  });

  it('that kills more jobs than dead can hold says so first and needs a flag', async () => {
    await begin({ deadLimit: 3 });
    await someJobs();
    await faktory(['kill', 'mail-0001', '-p', 'ready', '-y']);
    const kill = ['kill', '--all', '-p', 'ready,scheduled,dead'];
    expect(await faktory([...kill, '--yes'])).toBe(
      'INVALID: dead has 1 of at most 3 jobs: to kill 3 jobs more would delete 1 dead job, the oldest, for good; kill fewer, discard dead jobs, raise --dead-limit of the server, or use --evict',
    );
    expect((await server.info()).faktory.sets).toMatchObject({ dead: 1, scheduled: 1 });
    expect(await faktory([...kill, '--evict'])).toBe('3 jobs moved to dead\n');
    expect(asked).toEqual([
      'kill 4 jobs of ready, scheduled, dead and delete 1 dead job, the oldest, for good?',
    ]);
    expect(await faktory(['info'])).toMatch(/^dead +3 of at most 3, 1 older ones deleted since the start$/m);
  });

  it('changes nothing without a filter, or with contradicting flags', async () => {
    await begin();
    expect(await faktory(['discard'])).toMatch(/^CONFIG: name the jobs: .*--all/);
    expect(await faktory(['schedule', '--all'])).toBe('CONFIG: --at is missing');
    expect(await faktory(['schedule', '--all', '--at', 'soon'])).toMatch(
      /^CONFIG: --at: "soon" is not a time/,
    );
    expect(asked).toEqual([]);
  });
});

describe('queues', () => {
  it('are listed, paused, resumed, cleared and removed', async () => {
    await begin();
    await someJobs();
    await faktory(['queue', 'pause', 'mail']);
    expect(await faktory(['queues'])).toMatch(
      /^QUEUE +JOBS +WAITING *\ndefault +1 .*\nmail +2 +\d+s +paused\n$/,
    );
    expect(await faktory(['queue', 'clear', 'mail'])).toBe('cleared mail\n');
    expect(asked).toEqual(['clear mail with 2 jobs?']);
    const left = JSON.parse(await faktory(['queues', '--json']));
    expect(left).toMatchObject([{ name: 'default' }, { name: 'mail', size: 0, paused: true }]);
    expect(await faktory(['queue', 'resume', '--all', '--json'])).toBe('{"resumed":["default","mail"]}\n');
    await faktory(['queue', 'remove', 'mail', '--yes']);
    expect(await client.queues()).toEqual({ default: 1 });
    expect(await faktory(['queue', 'pause', 'mail'])).toMatch(/^NOT_FOUND: there is no queue mail/);
    expect(await faktory(['queue', 'eat', 'mail'])).toMatch(/^CONFIG: "eat" is unknown; use pause/);
    expect(await faktory(['queue', 'latency', 'default'])).toMatch(/^default \d+\.\d{3}\n$/);
  });
});

describe('push', () => {
  it('pushes a job with every option, and prints its jid', async () => {
    await begin();
    const flags = ['--queue', 'mail', '--at', '1h', '--priority', '9', '--retry', '3', '--custom', '{"a":1}'];
    const jid = (await faktory(['push', 'Mail', '[7, "x"]', ...flags])).trim();
    const { job } = JSON.parse(await faktory(['jobs', '--json']));
    expect(job).toMatchObject({
      jid,
      args: [7, 'x'],
      queue: 'mail',
      priority: 9,
      retry: 3,
      custom: { a: 1 },
    });
    expect(await faktory(['push', 'Mail', 'x'])).toMatch(/^CONFIG: the arguments cannot be read as JSON/);
    expect(await faktory(['push', 'Mail', '7'])).toMatch(
      /^CONFIG: the arguments must be a JSON array, such as /,
    );
    expect(await faktory(['push', 'Mail', '[]', '--custom', '[]'])).toMatch(
      /^CONFIG: --custom must be a JSON object, such as /,
    );
  });
});

describe('numbers and escapes', () => {
  const args = '[899999999999999990,1.0,12345678901234567890,"\\u00e9"]';
  const custom = '{"id":3889108265204450030}';

  it('reach the worker as they were typed', async () => {
    await begin();
    const typed = ['push', 'T', args.replaceAll(',', ' ,\n '), '--custom', custom];
    const flags = ['--queue', 'n', '--jid', 'pushed-01', '--retry=-1'];
    expect(await faktory([...typed, ...flags, '--json'])).toBe(
      `{"jid":"pushed-01","queue":"n","jobtype":"T","args":${args},"retry":-1,"custom":${custom}}\n`,
    );
    const { port } = new URL(server.url);
    const fetched = await converse(Number(port), ['FETCH n']);
    expect(fetched).toContain(`"args":${args}`);
    expect(fetched).toContain(`"custom":${custom}`);
    expect(fetched).toContain('"retry":-1');
  });

  it('are shown as the client wrote them, in a table, as JSON and laid out', async () => {
    await begin();
    const { port } = new URL(server.url);
    const job = `{"jid":"by-wire-01","jobtype":"T","queue":"m","args":${args},"custom":${custom}}`;
    expect(await converse(Number(port), [`PUSH ${job}`])).toContain('+OK');
    expect(await faktory(['jobs'])).toContain(args);
    expect(await faktory(['jobs', '--json'])).toContain(`"args":${args}`);
    expect(await faktory(['jobs', 'show', 'by-wire-01', '--json'])).toContain(`"custom":${custom}`);
    const shown = await faktory(['jobs', 'show', 'by-wire-01']);
    expect(shown).toMatch(/^ {2}"job": \{$/m);
    expect(shown.replace(/\s/g, '')).toContain(`"args":${args}`);
  });
});

describe('workers', () => {
  it('are listed with their jobs, and made quiet or ended with their next beat', async () => {
    await begin();
    await someJobs();
    const { Connection, commands, resolveServers } = await import('@faktory-ts/client');
    const hello = { wid: 'worker-1', hostname: 'host', pid: 7, labels: ['blue'] };
    const worker = new Connection({ addresses: resolveServers({ url: server.url }), hello });
    await commands.fetch(worker, ['mail']);
    expect(await faktory(['workers'])).toMatch(
      /worker-1 +host:7 +running +1 .*blue\n\nRUNNING[^\n]*\nmail-0001 +Mail +mail +worker-1/,
    );
    expect(await faktory(['top', '--once'])).toMatch(
      /working 1 [\s\S]*mail +1 [\s\S]*worker-1[\s\S]*mail-0001/,
    );
    expect(await faktory(['quiet', 'worker-1'])).toBe('1 worker signalled\n');
    expect(await commands.beat(worker, { wid: 'worker-1' })).toBe('quiet');
    expect(await faktory(['stop', '--all', '--yes'])).toBe('1 worker signalled\n');
    expect(await commands.beat(worker, { wid: 'worker-1' })).toBe('terminate');
    expect(await faktory(['stop', 'nobody'])).toMatch(/^NOT_FOUND: unknown worker nobody/);
    expect(await faktory(['stop'])).toMatch(/^CONFIG: name the workers/);
    await worker.close();
  });
});

describe('what goes on', () => {
  it('is printed by tail until Ctrl-C, with arguments only on request', async () => {
    await begin();
    const end = new AbortController();
    const told = faktory(['tail', '--kind', 'pushed', '--queue', 'default'], { signal: end.signal });
    await expect.poll(() => noted).toContain('waiting for events');
    await someJobs();
    await expect.poll(() => printed).toContain('bill-0001');
    end.abort();
    expect(lines(await told).map((line) => line.split(/ +/).slice(1, 4))).toEqual([
      ['pushed', 'bill-0001', 'Bill'],
      ['pushed', 'later-001', 'Bill'],
    ]);
  });

  it('is drawn by top until q is pressed, and the screen is restored', async () => {
    await begin();
    await someJobs();
    const drawn: string[] = [];
    const screen: Screen = {
      height: 30,
      progress: () => undefined,
      take: (heard) => ({
        draw: (text) => {
          drawn.push(text);
          heard('q');
        },
        leave: () => void drawn.push('left'),
      }),
    };
    await faktory(['top'], { screen });
    expect(drawn).toEqual([expect.stringMatching(/ready 3 .*scheduled 1/), 'left']);
  });
});

describe('a server that speaks the classic protocol only', () => {
  it('can be used with the commands that it supports; the others say why not', async () => {
    await begin({ extensions: false });
    await someJobs();
    expect(await faktory(['info'])).toMatch(/enqueued +3\n/);
    expect(await faktory(['queues'])).toMatch(/\nmail +2 +\d+s\n/);
    expect(await faktory(['top', '--once'])).toMatch(/scheduled 1/);
    expect(await faktory(['push', 'T', '[]', '--queue', 'q'])).toMatch(/^\S{8,}\n$/);
    expect(await faktory(['queue', 'clear', 'q', '-y'])).toBe('cleared q\n');
    expect(await faktory(['kill', '--type', 'Bill'])).toMatch(/^jobs moved to dead; /);
    expect(asked).toEqual(['kill the jobs that match in retries (0 jobs), scheduled (1 job)?']);
    expect(await faktory(['retry', '--all', '-y'])).toMatch(/^jobs put back/);
    expect((await server.info()).faktory.queues).toEqual({ default: 2, mail: 2 });
    for (const words of [['jobs'], ['workers'], ['tail'], ['quiet', '--all']])
      expect(await faktory(words)).toMatch(/^UNKNOWN_COMMAND: .* needs a faktory-ts server with /);
    for (const words of [
      ['move', '--all', '--to', 'x'],
      ['discard', '--error', 'x'],
      ['discard', '--all', '-p', 'ready'],
    ])
      expect(await faktory(words)).toMatch(
        /^UNKNOWN_COMMAND: this server has only Faktory's classic protocol/,
      );
  });
});

describe('doctor', () => {
  it('finds no problem on a good machine, and gives advice for each problem', async () => {
    const dir = freshFolder();
    await begin({ dir });
    const config = freshFolder();
    const env = { FAKTORY_PASSWORD: 'secret' };
    const well = await faktory(['doctor', '-d', dir, '-c', config], { env });
    expect(well).not.toContain('WRONG');
    for (const what of [
      'node',
      'sqlite',
      'configuration',
      'permissions',
      'space',
      'disk',
      'store',
      'backups',
      'server',
      'clock',
    ])
      expect(well).toContain(`  ${what.padEnd(13)}  `);
    mkdirSync(join(config, 'conf.d'));
    writeFileSync(join(config, 'conf.d', 'a.toml'), '[faktory]\npassword = "open"\n');
    chmodSync(join(config, 'conf.d', 'a.toml'), 0o644);
    const broken = freshFolder();
    writeFileSync(join(broken, 'faktory.db'), 'no database at all', { mode: 0o600 });
    const wrong = ['doctor', '-d', broken, '-c', config, '--url', 'tcp://:wrong@localhost:1', '--json'];
    expect(await faktory([...wrong, '-e', 'production'], { env })).toMatch(/^ERR: 3 findings to fix/);
    const findings = JSON.parse(printed) as { level: string; what: string; advice: string }[];
    expect(findings.filter(({ level }) => level === 'wrong').map(({ what }) => what)).toEqual([
      'permissions',
      'store',
      'server',
    ]);
    expect(findings.find(({ what }) => what === 'permissions')?.advice).toContain('chmod 640');
    expect(printed).not.toContain('wrong@');
    expect(await faktory(['doctor', '-e', 'production', '-d', dir, '-c', config.slice(1)])).toMatch(/^ERR: /);
  });
});

describe('tokens', () => {
  it('says which folder has them and whether a server uses it, and makes only a folder that was named', async () => {
    const dir = freshFolder();
    await begin({ dir });
    await faktory(['tokens', 'add', 'shop', '--scope', 'push', '-d', dir]);
    expect(noted).toContain(`the tokens are in ${dir}, which a running server uses`);
    const other = freshFolder();
    await faktory(['tokens', 'add', 'shop', '--scope', 'push', '-d', other]);
    expect(noted).toContain(`the tokens are in ${other}, which no server uses now; `);
    const home = freshFolder();
    expect(await faktory(['tokens', 'add', 'shop', '--scope', 'push'], { env: { HOME: home } })).toMatch(
      /^NOT_FOUND: there is no data folder .*\.faktory\/db; name the server's folder with -d; to ask the server of FAKTORY_URL, use --url/,
    );
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('doctor names each cause once, with advice', () => {
  const wrongOf = async (words: readonly string[], env: Record<string, string> = {}) => {
    await faktory(['doctor', '--json', '-c', freshFolder(), ...words], { env });
    const findings = JSON.parse(printed) as { level: string; what: string; told: string; advice?: string }[];
    return findings.filter(({ level }) => level === 'wrong');
  };

  it('for a server that is open to the world, by its wire or by its pages', async () => {
    const dir = freshFolder();
    await begin({ dir });
    const skip = { FAKTORY_SKIP_PASSWORD: '1' };
    expect(await wrongOf(['-d', dir, '-b', ':7419'], skip)).toMatchObject([
      { what: 'password', told: expect.stringMatching(/open to the world: .* push and take jobs/) },
    ]);
    expect(await wrongOf(['-d', dir, '-w', '0.0.0.0:7420'], skip)).toMatchObject([
      { what: 'password', told: expect.stringMatching(/open to the world: .* the pages at/) },
    ]);
    expect(await wrongOf(['-d', dir, '-b', '127.0.0.1:7419'], skip)).toEqual([]);
    expect(await wrongOf(['-d', dir, '-b', ':7419'], { FAKTORY_PASSWORD: 'secret' })).toEqual([]);
  });

  it('for less free space than the configured reserve', async () => {
    const dir = freshFolder();
    await begin({ dir });
    const config = freshFolder();
    mkdirSync(join(config, 'conf.d'));
    writeFileSync(join(config, 'conf.d', 'a.toml'), '[limits]\ndisk-reserve = 9000000000000000\n', {
      mode: 0o600,
    });
    expect(await wrongOf(['-d', dir, '-c', config])).toMatchObject([
      {
        what: 'space',
        told: expect.stringContaining('the reserve is'),
        advice: expect.stringContaining('reserve'),
      },
    ]);
  });

  it('for old backups, and for a folder without backups', async () => {
    const dir = freshFolder();
    await begin({ dir });
    await faktory(['doctor', '-d', dir, '-c', freshFolder()]);
    expect(printed).toMatch(/warn +backups +there is no backup in /);
    await faktory(['backup', '-d', dir]);
    await faktory(['doctor', '-d', dir, '-c', freshFolder()]);
    expect(printed).toMatch(/ok +backups +the newest is .*, \ds old/);
    const [name = ''] = readdirSync(join(dir, 'backups')).filter((each) => each.endsWith('.json'));
    const id = name.replace('.json', '');
    const old = '2026-01-01T00-00-00.000Z';
    const about = readFileSync(join(dir, 'backups', name), 'utf8').replace(id, old);
    writeFileSync(join(dir, 'backups', `${old}.json`), about, { mode: 0o600 });
    renameSync(join(dir, 'backups', `${id}.db.gz`), join(dir, 'backups', `${old}.db.gz`));
    rmSync(join(dir, 'backups', name));
    const every = { FAKTORY_BACKUP_FREQUENCY: '1h' };
    expect(await wrongOf(['-d', dir], every)).toMatchObject([
      { what: 'backups', told: expect.stringContaining(old), advice: expect.stringContaining('running') },
    ]);
  });

  it('for a store: restore a damaged one, use the right version for a newer one, none for an empty one', async () => {
    await begin();
    const dir = freshFolder();
    writeFileSync(join(dir, 'faktory.db'), '', { mode: 0o600 });
    expect(await wrongOf(['-d', dir])).toEqual([]);
    expect(printed).toContain('is empty: no server has used it yet');
    writeFileSync(join(dir, 'faktory.db'), 'no database at all', { mode: 0o600 });
    const [damaged] = await wrongOf(['-d', dir]);
    expect(damaged).toMatchObject({ what: 'store', advice: expect.stringContaining('it has no backup') });
    const data = freshFolder();
    const other = createServer({ dir: data });
    await other.start();
    await other.stop();
    const file = readFileSync(join(data, 'faktory.db'));
    file.writeUInt32BE(9999, 60); // user_version, the format
    writeFileSync(join(data, 'faktory.db'), file, { mode: 0o600 });
    const [newer] = await wrongOf(['-d', data]);
    expect(newer?.told).toMatch(/newer server .*start that version/);
    expect(newer?.advice).toBeUndefined();
  });

  it('for a server that cannot be reached', async () => {
    const dir = freshFolder();
    await begin({ dir, password: 'right' });
    const { port } = new URL(server.url);
    const of = async (url: string) => (await wrongOf(['-d', dir, '--url', url])).at(-1)?.advice;
    expect(await of(`tcp://:wrong@localhost:${port}`)).toContain('password');
    const refused = (await wrongOf(['-d', dir, '--url', 'tcp://localhost:1'])).at(-1);
    // The advice is printed once.
    expect([refused?.told, refused?.advice]).toEqual([
      expect.stringContaining('nothing listens there'),
      undefined,
    ]);
    const [plain] = await wrongOf(['-d', dir, '--url', `tcp+tls://:right@localhost:${port}`]);
    expect(plain?.told).toContain('does not speak TLS here: write tcp://');
    expect(await of('tcp://no-such-host.invalid:7419')).toContain('the host name is unknown');
  });

  it('for an expired certificate, also when the server is checked', async () => {
    const dir = freshFolder();
    const tls = fileURLToPath(new URL('../../../packages/server/test/tls/', import.meta.url));
    const config = freshFolder();
    copyFileSync(join(tls, 'expired.cert.pem'), join(config, 'public.cert.pem'));
    copyFileSync(join(tls, 'expired.key.pem'), join(config, 'private.key.pem'));
    chmodSync(join(config, 'private.key.pem'), 0o600);
    const [cert, key] = ['cert', 'key'].map((end) => readFileSync(join(tls, `expired.${end}.pem`)));
    await begin({ dir });
    const secure = createServer({ tls: { cert: cert ?? '', key: key ?? '' } });
    await secure.start();
    const words = ['--url', `tcp+tls://localhost:${secure.port}`, '--tls-ca', join(tls, 'expired.cert.pem')];
    expect(await wrongOf(['-d', dir, '-c', config, ...words])).toMatchObject([
      {
        what: 'certificate',
        told: expect.stringMatching(/^it expired: /),
        advice: expect.stringContaining('renew'),
      },
    ]);
    expect(await wrongOf(['-d', dir, ...words])).toMatchObject([
      {
        what: 'server',
        told: expect.stringContaining('certificate has expired'),
        advice: expect.stringContaining('HUP'),
      },
    ]);
    await secure.stop();
  });

  it('for less free space than --disk-reserve', async () => {
    const dir = freshFolder();
    await begin({ dir });
    expect(await wrongOf(['-d', dir, '--disk-reserve', '9000000000000000'])).toMatchObject([
      { what: 'space', advice: expect.stringContaining('reserve') },
    ]);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'for a key that others can read: closed to them, and open to the group of the server',
    async () => {
      const [dir, config] = [freshFolder(), freshFolder()];
      await begin();
      const [name = '', , uid, gid] = (
        /^.+:x:[1-9].*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0] ?? ''
      ).split(':');
      const group = new RegExp(`^(.+?):.*:${gid}:`, 'm').exec(readFileSync('/etc/group', 'utf8'))?.[1];
      chownSync(dir, Number(uid), Number(gid));
      chmodSync(config, 0o755);
      const key = join(config, 'private.key.pem');
      writeFileSync(key, 'x', { mode: 0o644 });
      const keyOf = async () => {
        // it becomes the owner for good
        const doctor = program(['doctor', '--json', '-c', config, '-d', dir]);
        await doctor.ended;
        return (JSON.parse(doctor.out) as { told: string; advice?: string }[]).find(({ told }) =>
          told.startsWith(key),
        );
      };
      const cure = `chown root:${group} ${key} && chmod 640 ${key}`;
      expect(await keyOf()).toMatchObject({ level: 'wrong', advice: cure });
      chmodSync(key, 0o600);
      expect(await keyOf()).toMatchObject({
        level: 'warn',
        told: expect.stringContaining(`user ${name} cannot read it`),
        advice: cure,
      });
      execFileSync('sh', ['-c', cure]);
      expect(await keyOf()).toEqual({ level: 'ok', what: 'permissions', told: `${key} 640` });
    },
  );

  it('for a running server that is not ready', async () => {
    const dir = freshFolder();
    await begin({ dir, http: { port: 0 }, diskReserve: 9e15 });
    const words = ['-d', dir, '-w', `localhost:${server.httpPort}`, '--url', server.url];
    expect(await wrongOf(words)).toMatchObject([{ what: 'health', told: expect.stringMatching(/^disk: /) }]);
  });
});

describe('completion', () => {
  it('by bash knows commands, their flags and their words', async () => {
    await begin();
    const script = await faktory(['completion', 'bash']);
    const complete = (...words: string[]): string[] => {
      const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
      const run = `${script}\n${set}\n_faktory\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', run], { encoding: 'utf8' }).trim().split('\n');
    };
    expect(complete('faktory', 'qu')).toEqual(['queues', 'queue', 'quiet']);
    expect(complete('faktory', 'queue', 're')).toEqual(['resume', 'remove']);
    expect(complete('faktory', 'jobs', '--pri')).toEqual(['--priority']);
    expect(await faktory(['completion', 'tcsh'])).toMatch(/^CONFIG: unknown shell "tcsh"; use bash/);
  });

  it.each([
    ['zsh', ['-n']],
    ['fish', ['--no-execute']],
  ])('by %s is a script that %j reads without a fault, where there is one', async (shell, flags) => {
    await begin();
    const file = join(freshFolder(), shell);
    writeFileSync(file, await faktory(['completion', shell]));
    expect(printed).toContain('faktory');
    try {
      execFileSync(shell, [...flags, file], { stdio: 'pipe' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  });
});
