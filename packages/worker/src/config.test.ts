import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-config-'));
});

afterEach(() => rm(cwd, { recursive: true }));

const write = (file: string, text: string): Promise<void> => writeFile(path.join(cwd, file), text);

/** The message of the error for a config file with this text. */
async function refused(text: string, file = 'faktory.config.ts'): Promise<string> {
  await write(file, text);
  return loadConfig(undefined, cwd).then(
    () => 'no error',
    (error) => `${error.code} ${error.message}`,
  );
}

describe('a config file', () => {
  test.each([
    ['faktory.config.ts', 'const n: number = 3; export default { concurrency: n };'],
    ['faktory.config.mts', 'enum N { Three = 3 } export default { concurrency: N.Three };'],
    ['faktory.config.js', 'export default { concurrency: 3 };'],
    ['faktory.config.mjs', 'export default { concurrency: 3 };'],
    ['faktory.config.cjs', 'module.exports = { concurrency: 3 };'],
  ])('%s is found in the folder', async (file, text) => {
    await write(file, text);
    const found = await loadConfig(undefined, cwd);
    expect(found).toEqual({ config: { concurrency: 3 }, location: path.join(cwd, file) });
  });

  test.each([
    ['faktory.config.ts', 'export default (): object => ({ concurrency: 3 });'],
    ['faktory.config.mjs', 'export default async () => ({ concurrency: 3 });'],
    ['faktory.config.cjs', 'module.exports = async () => ({ concurrency: 3 });'],
  ])('%s may be a function that gives it, at once or later', async (file, text) => {
    await write(file, text);
    expect((await loadConfig(undefined, cwd)).config).toEqual({ concurrency: 3 });
  });

  test('of another name is read with --config, and none with --no-config', async () => {
    await write('faktory.config.js', 'export default { concurrency: 3 };');
    await write('other.js', 'export default { concurrency: 4 };');
    expect((await loadConfig('other.js', cwd)).config).toEqual({ concurrency: 4 });
    expect(await loadConfig(false, cwd)).toEqual({ config: {}, location: undefined });
  });

  test('may be missing, unless --config names it', async () => {
    expect(await loadConfig(undefined, cwd)).toEqual({ config: {}, location: undefined });
    const message = 'nope.ts: there is no such config file';
    await expect(loadConfig('nope.ts', cwd)).rejects.toMatchObject({ code: 'CONFIG', message });
  });

  test('two config files are an error that names both', async () => {
    await write('faktory.config.js', 'export default {};');
    expect(await refused('export default {};')).toMatch(/faktory\.config\.ts and faktory\.config\.js/);
  });
});

describe('an error in a config file names the file and the line', () => {
  test.each([
    ['TypeScript', 'faktory.config.ts', 'const n: number = 1;\nexport default {\n  concurrency: n +,\n};', 3],
    ['JavaScript', 'faktory.config.js', 'export default {\n  concurrency: 1 +,\n};', 2],
    ['a module', 'faktory.config.mjs', '\n\nexport default {{', 3],
    ['CommonJS', 'faktory.config.cjs', '\nmodule.exports = {\n  a: +,\n};', 3],
  ])('a syntax error in %s', async (_name, file, text, line) => {
    const message = await refused(text, file);
    expect(message).toContain(`CONFIG ${file}: it cannot be loaded: `);
    expect(message).toMatch(new RegExp(`\\(${file}:${line}\\)$`));
  });

  test.each(['faktory.config.ts', 'faktory.config.mjs'])('a throw in %s', async (file) => {
    const text =
      '// first\n\nfunction wrong() {\n  throw new Error("no such setting");\n}\nexport default wrong();';
    expect(await refused(text, file)).toBe(
      `CONFIG ${file}: it cannot be loaded: no such setting (${file}:4)`,
    );
  });

  test('a throw in an imported file names that file', async () => {
    await write('part.ts', 'export {};\nthrow new Error("in the part");');
    expect(await refused('import "./part.ts";\nexport default {};')).toMatch(/in the part \(part\.ts:2\)$/);
  });

  test.each(['throw', 'await null; throw'])('a %s in its function', async (how) => {
    const text = `export default async () => {\n  ${how} new Error('no secrets here');\n};`;
    expect(await refused(text)).toBe(
      'CONFIG faktory.config.ts: its function failed: no secrets here (faktory.config.ts:2)',
    );
  });

  test('an unknown key in the result of its function', async () => {
    expect(await refused('export default () => ({\n  concurency: 3,\n});')).toMatch(
      /^CONFIG faktory\.config\.ts:2: /,
    );
  });

  test.each([
    ['concurency', 'concurrency'],
    ['loglevel', 'logLevel'],
    ['queue', 'queues'],
    ["'shutdown-timeout'", 'shutdownTimeout'],
  ])('an unknown key, %s, with the nearest known one', async (key, meant) => {
    const bare = key.replaceAll("'", '');
    expect(await refused(`export default {\n  labels: [],\n  ${key}: 3,\n};`)).toBe(
      `CONFIG faktory.config.ts:3: unknown key ${bare}; did you mean ${meant}?`,
    );
  });

  test('an unknown key without a similar one lists all known keys', async () => {
    expect(await refused('export default { zzzzzz: 1 };')).toMatch(
      /:1: unknown key zzzzzz; known are handlers, /,
    );
  });

  test.each([
    ['concurrency: 0', 'concurrency must be'],
    ["queues: ['a b']", 'cannot be a queue'],
    ["url: 'nope'", 'URL'],
    ['require: [1]', 'require must be'],
    ["logLevel: 'loud'", 'logLevel must be one of debug'],
    ["logFormat: 'xml'", 'logFormat must be one of text'],
    ["http: 'here'", 'http here'],
    ['http: 70000', 'http 70000'],
    ['healthWindow: 30', 'healthWindow is 30; it must be between 3000'],
    ['handlers: 1', 'handlers must be'],
  ])('a bad value, %s', async (line, part) => {
    const message = await refused(`export default {\n  ${line},\n};`);
    expect(message).toContain(part);
    expect(message).toMatch(/^CONFIG faktory\.config\.ts(:2)?: /);
  });

  test.each(['export default 1;', 'export const a = 1;', 'export default () => undefined;'])(
    'a default export that is no object: %s',
    async (text) => {
      expect(await refused(text)).toBe(
        'CONFIG faktory.config.ts: its default export must be an object, or a function that returns one: defineConfig({ … })',
      );
    },
  );
});
