import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadHandlers } from './load.ts';

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-handlers-'));
});

afterAll(() => rm(cwd, { recursive: true }));

/** Writes a file, loads it, and returns the names of its handlers with what each returns. */
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

  test('in named exports; exports that are no functions are ignored', async () => {
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

  test('as the default export of a file, whose name is then the jobtype', async () => {
    expect(await loaded('SendEmail.mjs', 'export default () => 1;')).toEqual({ SendEmail: 1 });
  });

  test('in a file that was named itself, capitalized or not', async () => {
    expect(await loaded('low.mjs', 'export const send_email = () => 1;')).toEqual({ send_email: 1 });
  });

  test('in several files together', async () => {
    await writeFile(path.join(cwd, 'f.mjs'), 'export const F = () => 1;');
    await writeFile(path.join(cwd, 'g.mjs'), 'export const G = () => 1;');
    expect(Object.keys(await loadHandlers(['f.mjs', 'g.mjs'], cwd))).toEqual(['F', 'G']);
  });
});

test('a handler may be a class or an object with settings: both reach the worker unchanged', async () => {
  await writeFile(
    path.join(cwd, 'kinds.mjs'),
    'export class A { run() {} }; export class Failed extends Error {}; export const B = { run() {} }; export const c = {};',
  );
  await writeFile(
    path.join(cwd, 'kinds-2.mjs'),
    'export default { D: { run() {}, concurrency: 1 }, E: class { run() {} } };',
  );
  const handlers = await loadHandlers(['kinds.mjs', 'kinds-2.mjs'], cwd);
  expect(handlers).toEqual({
    A: expect.any(Function),
    B: { run: expect.any(Function) },
    D: { run: expect.any(Function), concurrency: 1 },
    E: expect.any(Function),
  });
});

describe('a folder', () => {
  async function folder(files: Record<string, string>): Promise<string> {
    const name = await mkdtemp(path.join(cwd, 'folder-'));
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(name, file)), { recursive: true });
      await writeFile(path.join(name, file), text);
    }
    return path.relative(cwd, name);
  }

  test('loads the code below it, without tests, types, node_modules and dot folders', async () => {
    const broken = 'throw new Error("must not be loaded")';
    const given = await folder({
      'b.ts': 'export const B = (n: number) => n;',
      'deep/er/a.mjs': 'export const A = () => 1;',
      'c.cjs': 'exports.C = () => 1;',
      'limits.ts': 'export const limit = 3;',
      'b.test.ts': broken,
      'b.spec.mjs': broken,
      'b.d.ts': 'export declare const B: number;',
      'node_modules/x/index.js': broken,
      '.cache/x.js': broken,
      'read.md': broken,
    });
    expect(Object.keys(await loadHandlers([given], cwd))).toEqual(['B', 'C', 'A']);
  });

  test('may have an index file that exports its neighbours again', async () => {
    const given = await folder({
      'a.ts': 'export const A = () => 1;',
      'index.ts': 'export * from "./a.ts";',
    });
    expect(Object.keys(await loadHandlers([given], cwd))).toEqual(['A']);
  });

  test('may export helpers besides its jobs: only capitalized named exports become jobs', async () => {
    const given = await folder({
      'SendEmail.ts':
        'export default async () => 1; export const format = () => 2; export const Format = () => 3;',
      'Resize.mjs': 'export default class { run() {} }; export class TooLarge extends Error {}',
      'Settings.mjs': 'export default { run: () => 1, timeout: 5 };',
      'map.mjs': 'export default { lower_case: () => 1, Upper: () => 2 }; export const Helper = () => 3;',
      'named.ts':
        'export const Report = () => 1; export function formatName() {} export const table = { run() {} };',
    });
    const passed: string[] = [];
    const handlers = await loadHandlers([given], cwd, (text) => passed.push(text));
    const jobtypes = ['Report', 'Resize', 'SendEmail', 'Settings', 'Upper', 'lower_case'];
    expect(Object.keys(handlers).sort()).toEqual(jobtypes);
    expect(passed).toHaveLength(1);
    expect(passed[0]).toContain(`formatName, table of ${path.join(given, 'named.ts')}`);
  });

  test('without any job is an error that names the ignored exports and the reason', async () => {
    const given = await folder({ 'mail.ts': 'export const sendEmail = () => 1;' });
    await expect(loadHandlers([given], cwd)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringMatching(
        /it exports no handlers; ignored exports: sendEmail of .*capital letter/,
      ),
    });
  });

  test('an error in one of its files names that file and line', async () => {
    const given = await folder({ 'deep/bad.ts': '\nexport const A = ;' });
    const file = path.join(given, 'deep', 'bad.ts');
    const message = `${file}: it cannot be loaded: Unexpected token (${file}:2)`;
    await expect(loadHandlers([given], cwd)).rejects.toMatchObject({ code: 'CONFIG', message });
  });

  test('an error in an imported file names that place too', async () => {
    const given = await folder({
      'a.ts': 'import { fail } from "../outside.ts";\nexport const A = fail();',
    });
    await writeFile(
      path.join(cwd, 'outside.ts'),
      '\n\nexport function fail() {}\nthrow new Error("outside");',
    );
    const message = `${path.join(given, 'a.ts')}: it cannot be loaded: outside (outside.ts:4)`;
    await expect(loadHandlers([given], cwd)).rejects.toMatchObject({ message });
  });
});

describe('an unusable file is a CONFIG error that names it', () => {
  test.each([
    [
      'a syntax error',
      'bad.ts',
      '\nexport default {\n  a +\n};',
      /bad\.ts: it cannot be loaded: .*\(\.\/bad\.ts:4\)$/,
    ],
    [
      'one in JavaScript',
      'bad.mjs',
      '\nlet a;\na +,',
      /bad\.mjs: it cannot be loaded: .*\(\.\/bad\.mjs:3\)$/,
    ],
    [
      'a throw in TypeScript',
      'throws.ts',
      'interface A { a: 1 }\n\nthrow new Error("x");',
      /: x \(\.\/throws\.ts:3\)$/,
    ],
    ['a wrong import', 'wrong.mjs', '\nimport { nope } from "node:fs";', /\(\.\/wrong\.mjs:2\)$/],
    [
      'a throw',
      'throws.mjs',
      'throw new Error("at load");',
      /throws\.mjs: it cannot be loaded: at load \(\.\/throws\.mjs:1\)$/,
    ],
    ['a missing import', 'import.ts', 'import "./nowhere.ts";', /import\.ts: it cannot be loaded: .*nowhere/],
    ['no export', 'none.mjs', 'const a = 1;', /none\.mjs: it exports no handlers/],
    ['an empty default export', 'empty.mjs', 'export default {};', /empty\.mjs: it exports no handlers/],
    ['a handler that is none', 'number.mjs', 'export default { A: 1 };', /number\.mjs: A is not a function/],
    [
      'one handler in a file called index',
      'index.mjs',
      'export default () => 1;',
      /index\.mjs: .*name the file after the jobtype/,
    ],
  ])('%s', async (_name, file, text, message) => {
    await expect(loaded(file, text)).rejects.toMatchObject({ code: 'CONFIG', message });
  });

  test('a missing file, or a folder without handlers', async () => {
    await expect(loadHandlers(['nope.ts'], cwd)).rejects.toMatchObject({
      code: 'CONFIG',
      message: /nope\.ts/,
    });
    await mkdir(path.join(cwd, 'void'));
    const message = 'void: it exports no handlers';
    await expect(loadHandlers(['void'], cwd)).rejects.toMatchObject({ code: 'CONFIG', message });
  });

  test('the same jobtype in two files names both', async () => {
    await writeFile(path.join(cwd, 'h.mjs'), 'export const Same = () => 1;');
    await writeFile(path.join(cwd, 'i.mjs'), 'export const Same = () => 1;');
    const message = 'i.mjs: a handler for Same is in h.mjs too';
    await expect(loadHandlers(['h.mjs', 'i.mjs'], cwd)).rejects.toMatchObject({ code: 'CONFIG', message });
  });
});
