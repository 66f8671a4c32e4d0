import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { readToml } from './toml.ts';

function read(text: string) {
  const warnings: string[] = [];
  const source = (table: string, key?: string) => `here: ${[table, key].filter(Boolean).join(' ')}`;
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
      `here: ${name} is not supported yet and has no effect`,
    ]);
  });

  it('warns about [[cron]] once', () => {
    expect(read('[[cron]]\nx = 1\n[[cron]]\nx = 2').warnings).toHaveLength(1);
  });

  it.each([
    ['[queues]\nbackpressure = 1', 'here: queues: this table is unknown'],
    ['[__proto__]\nx = 1', 'here: __proto__: this table is unknown'],
    ['color = "red"', 'here: color: this key is unknown'],
    [
      '[faktory]\npasswort = "hunter2"',
      'here: faktory passwort: this key is unknown and has no effect; did you mean password?',
    ],
    [
      '[limits]\nmax_connections = 1',
      'here: limits max_connections: this key is unknown and has no effect; did you mean max-connections?',
    ],
  ])('warns about what it does not know: %s', (text, warning) => {
    const { warnings } = read(text);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    expect(warnings[0]).not.toContain('hunter2');
  });

  it.each([
    ['faktory = 1', 'here: faktory must be one table'],
    ['[[web]]\nbinding = ":1"', 'here: web must be one table'],
    ['[faktory]\npassword = 123456', 'here: faktory password must be text'],
    ['[faktory]\npassword = ["a", 123456]', 'here: faktory password must be a list of strings'],
    ['[web]\nbinding = 7420', 'here: web binding must be text'],
    ['[limits]\nmax-connections = "5"', 'here: limits max-connections must be a number'],
  ])('refuses a value of the wrong kind and does not show it: %s', (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(/^(?!.*123456)/);
  });
});
