/**
 * Checks the built page: its size and the rules of the server's Content-Security-Policy.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const read = (name: string) => readFileSync(join(dist, name));
const manifest = JSON.parse(read('manifest.json').toString()) as Record<string, Chunk>;

/** A chunk and all its static imports. */
function filesOf(name: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (!chunk || seen.has(chunk.file)) return seen;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file);
  for (const inner of chunk.imports ?? []) filesOf(inner, seen);
  return seen;
}

test('the first page is less than 200 kB compressed', () => {
  const files = new Set(['index.html']);
  for (const name of ['index.html', 'src/pages/overview.tsx'])
    for (const file of filesOf(name)) files.add(file);
  const uplot = Object.keys(manifest).find((name) => /uplot/i.test(name));
  for (const file of filesOf(uplot ?? '')) files.add(file);
  expect(files.size).toBeGreaterThan(4);
  const bytes = [...files].reduce((sum, file) => sum + gzipSync(read(file)).length, 0);
  expect(bytes).toBeLessThan(200_000);
});

test('the page has no inline script or style and loads nothing from other hosts', () => {
  const page = read('index.html').toString();
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  expect(page.match(/(?:src|href)="[^"]*"/g)?.filter((link) => !/"\.\/|"\/"/.test(link))).toEqual([]);
});

test('the page’s base can be replaced by a path prefix', () => {
  expect(read('index.html').toString()).toContain('<base href="/" />');
});
