import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadHandlers } from './load.ts';

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-handlers-'));
});

afterAll(() => rm(cwd, { recursive: true }));

/** Writes a file and gives the names of the handlers that are loaded from it, with what each returns. */
async function loaded(file: string, text: string): Promise<Record<string, unknown>> {
  await writeFile(path.join(cwd, file), text);
  const handlers = await loadHandlers([`./${file}`], cwd);
  const results = Object.entries(handlers).map(([jobtype, handler]) => [
    jobtype,
    (handler as () => unknown)(),
  ]);
  return Object.fromEntries(results);
}

describe('handlers are found', () => {
  test('in a default export in JavaScript', async () => {
    expect(
      await loaded('a.mjs', 'export default { A: () => 1, B() { return 2; } }; export const C = 3;'),
    ).toEqual({ A: 1, B: 2 });
  });

  test('in named exports; those that are no functions are passed over', async () => {
    expect(await loaded('b.mjs', 'export const A = () => 1; export const limit = 3;')).toEqual({ A: 1 });
  });

  test('in CommonJS', async () => {
    expect(await loaded('c.cjs', 'module.exports = { A: () => 1 };')).toEqual({ A: 1 });
  });

  test('in TypeScript, enums and imports of other TypeScript files included', async () => {
    await writeFile(path.join(cwd, 'answer.ts'), 'export enum Answer { Yes = 42 }');
    const text = `import { Answer } from './answer.ts';
      interface Context { jid: string }
      export default { A: (_context: Context): Answer => Answer.Yes } satisfies Record<string, unknown>;`;
    expect(await loaded('d.ts', text)).toEqual({ A: 42 });
  });

  test('in named exports of TypeScript', async () => {
    expect(
      await loaded('e.ts', 'export async function A(): Promise<void> {}\nexport const n: number = 1;'),
    ).toEqual({
      A: expect.any(Promise),
    });
  });

  test('in several files together', async () => {
    await writeFile(path.join(cwd, 'f.mjs'), 'export const F = () => 1;');
    await writeFile(path.join(cwd, 'g.mjs'), 'export const G = () => 1;');
    expect(Object.keys(await loadHandlers(['f.mjs', 'g.mjs'], cwd))).toEqual(['F', 'G']);
  });
});

describe('what cannot be used is a CONFIG error that names the file', () => {
  test.each([
    ['a syntax error', 'bad.ts', 'export default {', /bad\.ts: it cannot be loaded/],
    ['a throw', 'throws.mjs', 'throw new Error("at load");', /throws\.mjs: it cannot be loaded: at load/],
    ['a missing import', 'import.ts', 'import "./nowhere.ts";', /import\.ts: it cannot be loaded: .*nowhere/],
    ['no export', 'none.mjs', 'const a = 1;', /none\.mjs: it exports no handlers/],
    ['an empty default export', 'empty.mjs', 'export default {};', /empty\.mjs: it exports no handlers/],
    ['a handler that is none', 'number.mjs', 'export default { A: 1 };', /number\.mjs: A is not a function/],
    [
      'a default export that is a function',
      'fn.mjs',
      'export default () => 1;',
      /fn\.mjs: it exports no handlers/,
    ],
  ])('%s', async (_name, file, text, message) => {
    await expect(loaded(file, text)).rejects.toMatchObject({ code: 'CONFIG', message });
  });

  test('a file that is not there, or is a folder', async () => {
    await expect(loadHandlers(['nope.ts'], cwd)).rejects.toMatchObject({
      code: 'CONFIG',
      message: /nope\.ts/,
    });
    await expect(loadHandlers(['.'], cwd)).rejects.toMatchObject({ code: 'CONFIG' });
  });

  test('the same jobtype in two files names both', async () => {
    await writeFile(path.join(cwd, 'h.mjs'), 'export const Same = () => 1;');
    await writeFile(path.join(cwd, 'i.mjs'), 'export const Same = () => 1;');
    const message = 'i.mjs: a handler for Same is in h.mjs too';
    await expect(loadHandlers(['h.mjs', 'i.mjs'], cwd)).rejects.toMatchObject({ code: 'CONFIG', message });
  });
});
