import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type PasswordSources, readSecrets, resolvePasswords, saysYes } from './password.ts';

const folder = mkdtempSync(join(tmpdir(), 'faktory-password-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const absent = join(folder, 'absent');
const system = file('system', 'from the system\n');

const resolve = (sources: Partial<PasswordSources>): string[] =>
  resolvePasswords({
    environment: 'development',
    env: {},
    skip: saysYes(sources.env?.FAKTORY_SKIP_PASSWORD),
    toml: undefined,
    tomlSource: '[faktory] password',
    systemFile: absent,
    ...sources,
  });

describe('where the password comes from', () => {
  it('is FAKTORY_PASSWORD first', () => {
    const env = { FAKTORY_PASSWORD: 'a' };
    expect(resolve({ env, toml: 'b', systemFile: system, environment: 'production' })).toEqual(['a']);
  });

  it('is the TOML password next', () => {
    expect(resolve({ toml: 'b', systemFile: system, environment: 'production' })).toEqual(['b']);
  });

  it('is never only white space, which is refused with its place in every environment', () => {
    for (const blank of [' ', '\t \n'])
      for (const sources of [{ env: { FAKTORY_PASSWORD: blank } }, { toml: ['a', blank] }, { toml: blank }])
        expect(() => resolve(sources)).toThrow(
          expect.objectContaining({
            code: 'CONFIG',
            message: expect.stringMatching(
              /^(FAKTORY_PASSWORD|\[faktory\] password): .*only white space; use one/,
            ),
          }),
        );
    expect(() => resolve({ env: { FAKTORY_PASSWORD: file('blank', ' \n\t\n') } })).toThrow(/blank is empty/);
  });

  it('of TOML is overridden by an empty FAKTORY_PASSWORD', () => {
    expect(resolve({ env: { FAKTORY_PASSWORD: '' }, toml: 'b' })).toEqual([]);
  });

  it.each(['staging', 'production'] as const)('is the system file last, in %s', (environment) => {
    expect(resolve({ environment, systemFile: system })).toEqual(['from the system']);
    expect(resolve({ environment, systemFile: system, env: { FAKTORY_PASSWORD: '' } })).toEqual([
      'from the system',
    ]);
  });

  it('is never the system file in development or with --skip-password', () => {
    expect(resolve({ systemFile: system })).toEqual([]);
    const env = { FAKTORY_SKIP_PASSWORD: 'yes' };
    expect(resolve({ systemFile: system, environment: 'production', env })).toEqual([]);
  });

  it('is used although FAKTORY_SKIP_PASSWORD is set', () => {
    const env = { FAKTORY_SKIP_PASSWORD: '1', FAKTORY_PASSWORD: 'a' };
    expect(resolve({ environment: 'production', env })).toEqual(['a']);
  });
});

describe('a password is required', () => {
  it.each(['staging', 'production'] as const)('in %s, and the refusal names both ways out', (environment) => {
    expect(() => resolve({ environment })).toThrow(/required in .*FAKTORY_PASSWORD.*FAKTORY_SKIP_PASSWORD/);
  });

  it.each(['1', 'true', 'yes', 'TRUE'])('unless FAKTORY_SKIP_PASSWORD is %s', (skip) => {
    expect(resolve({ environment: 'production', env: { FAKTORY_SKIP_PASSWORD: skip } })).toEqual([]);
  });

  it.each(['0', 'false', 'no', ''])('although FAKTORY_SKIP_PASSWORD is "%s"', (skip) => {
    expect(() => resolve({ environment: 'staging', env: { FAKTORY_SKIP_PASSWORD: skip } })).toThrow(
      'required',
    );
  });
});

describe('a password in a file', () => {
  const secret = file('secret', '\n  s3cret word \r\n');

  it('is read and trimmed, for each source', () => {
    expect(resolve({ env: { FAKTORY_PASSWORD: secret } })).toEqual(['s3cret word']);
    expect(resolve({ toml: secret })).toEqual(['s3cret word']);
    expect(readSecrets(secret, '[web] password')).toEqual(['s3cret word']);
  });

  it('may hold several, one per line or entry, so that a password is changed while clients use the old one', () => {
    expect(resolve({ toml: file('several', 'old one\n\n new \r\n') })).toEqual(['old one', 'new']);
    expect(resolve({ toml: ['a', secret, ''] })).toEqual(['a', 's3cret word']);
  });

  it('is used unchanged, also when it begins with a slash', () => {
    expect(readSecrets(file('slashed', '/etc/hostname'), 'x')).toEqual(['/etc/hostname']);
  });

  it.each([
    ['is missing', absent, /^FAKTORY_PASSWORD: cannot read the password file that it names \(ENOENT\)/],
    ['is a folder', folder, /^FAKTORY_PASSWORD: cannot read the password file \/.* \(EISDIR\)/],
    ['is empty', file('empty', ' \n'), /^FAKTORY_PASSWORD: the password file \/.* is empty/],
  ])('stops the start when it %s', (_what, path, text) => {
    expect(() => resolve({ env: { FAKTORY_PASSWORD: path } })).toThrow(text);
  });

  it('stops the start when the system file is empty', () => {
    const empty = file('empty-system', '');
    expect(() => resolve({ environment: 'production', systemFile: empty })).toThrow(`${empty} is empty`);
  });

  it('is not printed when its name may be the password', () => {
    expect(() => resolve({ toml: '/hunter2' })).toThrow(/^(?!.*hunter2)/);
  });
});
