import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { readToml } from './toml.ts';

function read(text: string) {
  const warnings: string[] = [];
  const source = (table: string, key?: string) => (key === undefined ? table : `${key} of [${table}]`);
  const settings = readToml({ tables: parse(text), source }, (warning) => warnings.push(warning));
  return { settings, warnings };
}

describe('readToml', () => {
  it('picks the known settings without a warning', () => {
    const { settings, warnings } = read(`
      [faktory]
      password = "p"
      binding = ":1"
      [web]
      password = "w"
      binding = ":2"
      [backups]
      every = "30m"
      keep = 7
      [limits]
      max-connections = 5_000
    `);
    const limits = { 'max-connections': 5000 };
    const backups = { every: '30m', keep: 7 };
    const web = { webPassword: 'w', webBinding: ':2', statsd: undefined };
    expect(settings).toMatchObject({ password: 'p', binding: ':1', ...web, backups, limits });
    expect(warnings).toEqual([]);
  });

  it('gives nothing for an empty document', () => {
    expect(read('').settings.limits).toEqual({});
  });

  it.each(['cron', 'throttles'])('says that %s is not supported yet', (name) => {
    expect(read(`[${name}]\nx = 1`).warnings).toEqual([
      `TOML: [${name}] is not supported yet and has no effect`,
    ]);
  });

  it('warns about [[cron]] once', () => {
    expect(read('[[cron]]\nx = 1\n[[cron]]\nx = 2').warnings).toHaveLength(1);
  });

  it.each([
    ['[queues]\nbackpressure = 1', 'the table [queues] is unknown'],
    ['[__proto__]\nx = 1', 'the table [__proto__] is unknown'],
    ['color = "red"', 'the key color is unknown'],
    ['[faktory]\npasswort = "hunter2"', 'the key passwort of [faktory] is unknown'],
    ['[limits]\nmax_connections = 1', 'the key max_connections of [limits] is unknown'],
  ])('warns about what it does not know: %s', (text, warning) => {
    const { warnings } = read(text);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    expect(warnings[0]).not.toContain('hunter2');
  });

  it.each([
    ['faktory = 1', 'faktory must be one table'],
    ['[[web]]\nbinding = ":1"', 'web must be one table'],
    ['[faktory]\npassword = 123456', 'password of [faktory] must be text'],
    ['[faktory]\npassword = ["a", 123456]', 'password of [faktory] must be a list of texts'],
    ['[web]\nbinding = 7420', 'binding of [web] must be text'],
    ['[limits]\nmax-connections = "5"', 'max-connections of [limits] must be a number'],
  ])('refuses a value of the wrong kind and does not show it: %s', (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(/^(?!.*123456)/);
  });
});
