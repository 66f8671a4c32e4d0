/**
 * Puts the built web UI beside the built server, so that who installs the one has the other. What compresses well is compressed here, once,
 * and then sent as it is.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

interface Part {
  readonly file: string;
  readonly css?: readonly string[];
}

const built = join(fileURLToPath(new URL('.', import.meta.url)), '../../apps/web/dist');
const ours = join(fileURLToPath(new URL('.', import.meta.url)), 'dist/web');

/** The files that belong together: a build leaves those of builds before where they are. */
function filesOfBuild(): Set<string> {
  const parts = JSON.parse(readFileSync(join(built, 'manifest.json'), 'utf8')) as Record<string, Part>;
  const names = Object.values(parts).flatMap(({ file, css = [] }) => [file, ...css]);
  return new Set(names.map((name) => join(built, name)));
}

export async function copyWeb(): Promise<void> {
  if (!existsSync(join(built, 'index.html'))) return; // the server says so at its pages
  rmSync(ours, { recursive: true, force: true });
  const assets = filesOfBuild();
  cpSync(built, ours, {
    recursive: true,
    filter: (from) => dirname(from) !== join(built, 'assets') || assets.has(from),
  });
  for (const name of readdirSync(join(ours, 'assets'))) {
    if (!/\.(js|css|svg|json)$/.test(name)) continue;
    const file = join(ours, 'assets', name);
    const bytes = readFileSync(file);
    if (bytes.length < 1000) continue;
    writeFileSync(`${file}.br`, brotliCompressSync(bytes));
    writeFileSync(`${file}.gz`, gzipSync(bytes));
  }
}
