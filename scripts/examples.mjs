/**
 * Compiles every TypeScript example: the ```ts blocks of the packages' Markdown files and of the
 * comments on exports. An example in a comment may use the exports of its own package without
 * importing them. `npm test` runs it as a check.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packages, root } from './stamps.mjs';

const folder = join(root, '.examples');
const libraries = packages().filter((path) => path.startsWith(join(root, 'packages')));
const nameOf = (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).name;

/** The ```ts blocks of a text, with the line where each begins. */
function blocks(text) {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ 1: code, index }) => ({
    code,
    line: text.slice(0, index).split('\n').length,
  }));
}

/** The comments of a source file as plain text, with their positions. */
function comments(source) {
  return source.replace(/^(?![ \t]*\*).*$/gm, '').replace(/^[ \t]*\* ?/gm, '');
}

/** Adds imports for the exports of its own package that an example uses. */
function withOwnNames(code, library) {
  const door = readFileSync(join(library, 'src', 'index.ts'), 'utf8');
  const exported = [...door.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, type = '', names]) =>
    names.split(',').map((name) => type + name.trim()),
  );
  const used = exported.filter((text) => {
    const name = text.replace(/^(type )+/, '');
    return (
      name && new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`import[^;]*\\b${name}\\b`).test(code)
    );
  });
  return used.length > 0 ? `import { ${used.join(', ')} } from '${nameOf(library)}';\n${code}` : code;
}

const examples = [];
for (const file of ['README.md', 'CONTRIBUTING.md']) {
  for (const { code, line } of blocks(readFileSync(join(root, file), 'utf8')))
    examples.push({ file, line, code });
}
for (const library of packages()) {
  for (const name of readdirSync(library).filter((one) => one.endsWith('.md'))) {
    const file = join(library, name);
    for (const { code, line } of blocks(readFileSync(file, 'utf8')))
      examples.push({ file: relative(root, file), line, code });
  }
}
for (const library of libraries) {
  for (const name of readdirSync(join(library, 'src'), { recursive: true })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const path = join(library, 'src', name);
    for (const { code, line } of blocks(comments(readFileSync(path, 'utf8')))) {
      examples.push({ file: relative(root, path), line, code: withOwnNames(code, library) });
    }
  }
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
/** The import name of each entry point of a library, and its source. */
const sources = Object.fromEntries(
  libraries.flatMap((path) => {
    const { name, exports } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const doors = Object.entries(exports).filter(([, door]) => door['@faktory-ts/source']);
    return doors.map(([at, door]) => [
      name + at.slice(1),
      [`../${relative(root, path)}/${door['@faktory-ts/source']}`],
    ]);
  }),
);
// Packages that an example's reader would install beside ours; they are not installed at the root.
const companions = { zod: ['../packages/client/node_modules/zod/index.d.ts'] };
const compilerOptions = {
  paths: { ...sources, ...companions },
  noUnusedLocals: false,
  noUnusedParameters: false,
  lib: ['ES2023', 'DOM'],
};
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ extends: '../tsconfig.base.json', compilerOptions, include: ['*.ts'] }),
);
for (const { file, line, code } of examples) {
  writeFileSync(join(folder, `${file.replace(/[/\\]/g, '__')}.${line}.ts`), `${code}\nexport {};\n`);
}
try {
  execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder], {
    stdio: 'inherit',
  });
  rmSync(folder, { recursive: true });
  console.log(`${examples.length} examples compile`);
} catch {
  console.error(
    `An example does not compile: the name of its file in ${folder} says where it stands, with its line.`,
  );
  process.exitCode = 1;
}
