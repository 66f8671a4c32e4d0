import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, readConfig } from './config.ts';
import type { Flags } from './flags.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'faktory-home-'));
  mkdirSync(join(home, '.faktory/conf.d'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

function config(flags: Flags = {}, env: Record<string, string> = {}): Config {
  return readConfig(flags, { env, home: () => home, passwordFile: join(home, 'no-such-file') });
}

function toml(text: string): void {
  writeFileSync(join(home, '.faktory/conf.d/a.toml'), text);
}

describe('without flags', () => {
  it('everything has its default, folders at home', () => {
    expect(config()).toEqual({
      environment: 'development',
      binding: { text: 'localhost:7419', host: 'localhost', port: 7419 },
      web: { text: 'localhost:7420', host: 'localhost', port: 7420 },
      logLevel: 'info',
      logFormat: 'text',
      warnings: [],
      server: {
        dir: join(home, '.faktory/db'),
        host: 'localhost',
        port: 7419,
        http: { host: 'localhost', port: 7420 },
        sync: 'full',
        backups: false,
        description: 'Faktory',
        password: [],
        webPassword: [],
        openToNetwork: false,
        maxLineBytes: 8_388_608,
        maxConnections: 2000,
        maxUnauthenticated: 1000,
        handshakeTimeout: 2000,
        maxBulkJobs: 10_000,
        maxQueueLength: 0,
        maxQueues: 10_000,
        diskReserve: 268_435_456,
        deadLimit: 10_000,
        workerTimeout: 15_000,
        maxWorkerLosses: 3,
        attempts: 10,
        maxUnsentBytes: 1_048_576,
        unsentTimeout: 30_000,
      },
    });
  });

  it('outside development the data folder is the system folder', () => {
    const env = { FAKTORY_ENV: 'production', FAKTORY_PASSWORD: 'a' };
    expect(config({}, env).server.dir).toBe('/var/lib/faktory/db');
  });

  it('outside development the home folder is not asked for', () => {
    const env = { FAKTORY_ENV: 'staging', FAKTORY_PASSWORD: 'a' };
    const surroundings = { env, home: () => expect.unreachable(), passwordFile: '' };
    expect(readConfig({}, surroundings).environment).toBe('staging');
  });
});

describe('the environment', () => {
  it('is the flag before FAKTORY_ENV', () => {
    expect(config({ environment: 'development' }, { FAKTORY_ENV: 'production' }).environment).toBe(
      'development',
    );
  });

  it('is development when FAKTORY_ENV is empty', () => {
    expect(config({}, { FAKTORY_ENV: '' }).environment).toBe('development');
  });

  it.each([
    [
      { environment: 'prod' },
      {},
      '--environment: "prod" is unknown; choose development, staging, production',
    ],
    [{}, { FAKTORY_ENV: 'test' }, 'FAKTORY_ENV: "test" is unknown'],
    [{ sync: 'always' }, {}, '--sync: "always" is unknown; choose full, relaxed, off'],
    [{ 'log-level': 'trace' }, {}, '--log-level: "trace" is unknown; choose error, warn, info, debug'],
    [{ 'log-format': 'xml' }, {}, '--log-format: "xml" is unknown; choose text, json'],
  ])('and other choices refuse what is not in their list: %j %j', (flags, env, message) => {
    expect(() => config(flags, env)).toThrow(message);
  });
});

describe('bindings', () => {
  it('of TOML count where no flag was typed', () => {
    toml('[faktory]\nbinding = ":1"\n[web]\nbinding = "0.0.0.0:2"');
    const { binding, web } = config();
    expect([binding.text, web?.text]).toEqual([':1', '0.0.0.0:2']);
  });

  it('of TOML are overridden by a flag, also by one with the default value', () => {
    toml('[faktory]\nbinding = ":1"\n[web]\nbinding = ":2"');
    const { binding, web } = config({ bind: 'localhost:7419', web: ':3' });
    expect([binding.text, web?.text]).toEqual(['localhost:7419', ':3']);
  });

  it('of TOML are named in errors', () => {
    toml('[faktory]\nbinding = "7419"');
    expect(() => config()).toThrow('a.toml, line 2: [faktory] binding: "7419" is not an address');
  });

  it('turn HTTP off with :0 only; another host with port 0 gets a free port', () => {
    expect(config({ web: ':0' }).server.http).toBe(false);
    expect(config({ web: 'localhost:0' }).server.http).toEqual({ host: 'localhost', port: 0 });
  });
});

describe('limits', () => {
  it('come from the flag, then TOML, then the default', () => {
    toml('[limits]\ndead-limit = 5\nmax-bulk-jobs = 6');
    const { deadLimit, maxBulkJobs, maxConnections } = config({ 'dead-limit': '0' }).server;
    expect([deadLimit, maxBulkJobs, maxConnections]).toEqual([0, 6, 2000]);
  });

  it.each(['-1', '0', '1.5', '1e3', '', ' 1', '99999999999999999999', 'many'])('refuse %j', (value) => {
    expect(() => config({ 'max-connections': value })).toThrow(
      `--max-connections: "${value}" cannot be used; give a whole number of at least 1`,
    );
  });

  it.each(['-1', '1.5', 'inf', 'nan'])('of TOML refuse %s and name the table', (value) => {
    toml(`[limits]\nunsent-timeout = ${value}`);
    expect(() => config()).toThrow(
      /a.toml, line 2: \[limits\] unsent-timeout: .*a whole number from 1 to 2147483647/,
    );
  });
});

describe('passwords', () => {
  it('go to the library, one or several', () => {
    toml('[faktory]\npassword = "p"');
    expect(config().server).toMatchObject({ password: ['p'], webPassword: [] });
    toml('[faktory]\npassword = ["p", "q"]\n[web]\npassword = "w"');
    expect(config().server).toMatchObject({ password: ['p', 'q'], webPassword: ['w'] });
  });

  it('of the web fall back to the command password when empty', () => {
    toml('[faktory]\npassword = "p"\n[web]\npassword = ""');
    expect(config().server).toMatchObject({ password: ['p'], webPassword: [] });
  });
});

describe('warnings', () => {
  it('name a missing configuration folder of --config', () => {
    expect(config({ config: join(home, 'nope') }).warnings).toEqual([
      expect.stringContaining('nope does not exist'),
    ]);
  });

  it('name unknown keys, and the server starts', () => {
    toml('[limits]\nmax = 1');
    expect(config().warnings).toHaveLength(1);
  });
});

describe('a bad value in the TOML files is named with file, line, table and key', () => {
  it.each([
    ['faktory', 'binding', '"x"'],
    ['faktory', 'password', '"/none"'],
    ['web', 'binding', '"x"'],
    ['web', 'password', '["/none"]'],
    ['web', 'redact', '["a", ""]'],
    ['web', 'proxies', '["nonsense"]'],
    ['web', 'hosts', '["a b"]'],
    ['tls', 'key', '"none.pem"'],
    ['tls', 'client_ca', '"none.pem"'],
    ['backups', 'every', '"1x"'],
    ['backups', 'keep', '0'],
    ['statsd', 'location', '"::"'],
    ['limits', 'attempts', '101'],
  ])('[%s] %s = %s', (table, key, value) => {
    const others: Record<string, string> = { backups: 'every = "1h"\n', statsd: 'location = "a"\n' };
    const other = others[table]?.startsWith(key) ? '' : (others[table] ?? '');
    toml(`[${table}]\n${other}${key} = ${value}\n`);
    const line = other === '' ? 2 : 3;
    const place = `${join(home, '.faktory/conf.d/a.toml')}, line ${line}: [${table}] ${key}`;
    expect(() => config()).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(place) }),
    );
  });
});
