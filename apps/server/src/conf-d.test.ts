import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { readConfD } from './conf-d.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function configDir(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'faktory-config-'));
  folders.push(folder);
  mkdirSync(join(folder, 'conf.d'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'conf.d', name), text);
  return folder;
}

function read(files: Record<string, string>) {
  const warnings: string[] = [];
  return { document: readConfD(configDir(files), (text) => warnings.push(text)).tables, warnings };
}

describe('conf.d', () => {
  it('is one document, in alphabetical order; other files are ignored', () => {
    const { document } = read({
      'b.toml': 'binding = ":1"\n[web]\npassword = "w"',
      'a.toml': '[faktory]\r\npassword = "p"',
      '.c.toml': 'not toml',
      'notes.txt': 'not toml',
    });
    expect(document).toEqual({ faktory: { password: 'p', binding: ':1' }, web: { password: 'w' } });
  });

  it('accumulates arrays of tables over the files', () => {
    const { document } = read({
      'a.toml': '[[cron]]\nschedule = "a"\n',
      'b.toml': '[[cron]]\nschedule = "b"\n',
    });
    expect(document.cron).toHaveLength(2);
  });

  it('may be missing', () => {
    expect(readConfD('/nowhere/at/all', () => expect.unreachable()).tables).toEqual({});
  });

  it('is warned about when it is not a folder', () => {
    const folder = configDir({});
    rmSync(join(folder, 'conf.d'), { recursive: true });
    writeFileSync(join(folder, 'conf.d'), '');
    const warnings: string[] = [];
    expect(readConfD(folder, (text) => warnings.push(text)).tables).toEqual({});
    expect(warnings).toEqual([expect.stringContaining('conf.d is not a folder')]);
  });

  it('may begin a file with a byte order mark', () => {
    expect(read({ 'a.toml': '\uFEFFa = 1', 'b.toml': '\uFEFFb = 2' }).document).toEqual({ a: 1, b: 2 });
  });
});

describe('an error in conf.d', () => {
  it.each([
    ['in the first file', { 'a.toml': '\n\noops\n', 'b.toml': '' }, /conf\.d\/a\.toml, line 3: /],
    [
      'in a later file',
      { 'a.toml': '[web]\n\n', 'b.toml': '[faktory]\nbinding = oops' },
      /b\.toml, line 2: /,
    ],
    [
      'after a file without a last line break',
      { 'a.toml': 'a = 1', 'b.toml': 'b = oops' },
      /b\.toml, line 1: /,
    ],
    ['with Windows line ends', { 'a.toml': 'a = 1\r\n', 'b.toml': '\r\nb = oops\r\n' }, /b\.toml, line 2: /],
    [
      'by a table in two files',
      { 'a.toml': '[web]\n', 'b.toml': '\n[web]\n' },
      /b\.toml, line 2: .*appear once/,
    ],
  ])('names the file and the line: %s', (_where, files, text) => {
    expect(() => read(files)).toThrow(text);
  });

  it('does not quote the file, which may hold a password', () => {
    const error = (() => {
      try {
        return read({ 'a.toml': '[faktory]\npassword = hunter2\n' });
      } catch (reason) {
        return String(reason);
      }
    })();
    expect(error).toContain('line 2');
    expect(error).not.toContain('hunter2');
  });

  it('that is a folder named like a file names it', () => {
    const folder = configDir({});
    mkdirSync(join(folder, 'conf.d', 'x.toml'));
    expect(() => readConfD(folder, () => expect.unreachable())).toThrow(/cannot read .*x\.toml \(EISDIR\)/);
  });
});

test('an error names the file and line of a key, also when its table began in the previous file', () => {
  const folder = configDir({
    'a.toml': '# ours\n[faktory]\n',
    'b.toml': '\nbinding = ":1"\n[web]\nbinding = ":2"',
  });
  const { source } = readConfD(folder, () => undefined);
  const file = join(folder, 'conf.d/b.toml');
  expect(source('faktory', 'binding')).toBe(`${file}, line 2: [faktory] binding`);
  expect(source('web', 'binding')).toBe(`${file}, line 4: [web] binding`);
  expect(source('web')).toBe(`${file}, line 3: [web]`);
  expect(source('limits', 'dead-limit')).toBe(`${join(folder, 'conf.d')}: [limits] dead-limit`);
});

test('an error names the line of a key in another notation, or that of its table, or its file', () => {
  const text = 'colour = 1\nlimits.attempts = -1\nstatsd = { location = "x" }\n[web]\n"redact" = []\n';
  const folder = configDir({ 'a.toml': text });
  const { source } = readConfD(folder, () => undefined);
  const file = join(folder, 'conf.d/a.toml');
  expect(source('', 'colour')).toBe(`${file}, line 1: colour`);
  expect(source('limits', 'attempts')).toBe(`${file}, line 2: [limits] attempts`);
  expect(source('statsd', 'location')).toBe(`${file}, line 3: [statsd] location`);
  expect(source('web', 'redact')).toBe(`${file}, line 5: [web] redact`);
  expect(source('backups', 'keep')).toBe(`${file}: [backups] keep`);
});
