/**
 * Checks the compressed size of what a browser loads before the web UI's first page can be used.
 * The build's manifest lists the files, because the folder may also have files of earlier builds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './stamps.mjs';

const MOST = 180_000; // bytes; the chart library, which is loaded later, makes it 200 kB
const folder = join(root, 'apps', 'web', 'dist');
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));

const files = new Set();
function need(name) {
  const { file, imports = [], css = [] } = manifest[name];
  if (files.has(file)) return;
  for (const each of [file, ...css]) files.add(each);
  imports.forEach(need);
}
need('src/pages/overview.tsx');

const sizes = [...files].map((file) => [file, gzipSync(readFileSync(join(folder, file))).length]);
const sum = sizes.reduce((total, [, size]) => total + size, 0);
for (const [file, size] of sizes) console.log(`${size}\t${file}`);
console.log(`${sum}\tof at most ${MOST}`);
process.exitCode = sum > MOST ? 1 : 0;
