/**
 * Serves the web UI's files: `apps/web` builds them, and the package carries them in `dist/web`.
 * Any other path gets the page itself, whose router decides what to show. The addresses of Faktory's
 * web interface redirect to the pages with the same content.
 *
 * Note: the page needs no password, because it is the same for everybody and holds no data. Its
 * links are relative to `<base>`, so it works below the prefix that a proxy sends in X-Script-Name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const NOT_BUILT = 'The web UI is not built: run `npm run build`. /health, /stats and /metrics are here.';
const YEAR = 31_536_000; // seconds

/** Old address → new one. `:key` is `TIMESTAMP|JID`. */
const moved: Readonly<Record<string, (key: string) => string>> = {
  '/busy': () => 'workers',
  '/retries': () => 'jobs?places=retries',
  '/scheduled': () => 'jobs?places=scheduled',
  '/morgue': () => 'jobs?places=dead',
  '/debug': () => 'about',
  '/retries/:key': jobOf,
  '/scheduled/:key': jobOf,
  '/morgue/:key': jobOf,
};

function jobOf(key: string): string {
  return `jobs/${encodeURIComponent(key.slice(key.indexOf('|') + 1))}`;
}

/** Adds the page, its files and the old addresses. */
export async function addPages(app: FastifyInstance): Promise<void> {
  const folder = webFolder();
  for (const [old, to] of Object.entries(moved))
    app.get(old, (request, reply) => {
      const { key = '' } = request.params as { key?: string };
      return reply.redirect(`${prefixOf(request)}/${to(key)}`, 302);
    });
  if (folder === undefined) {
    app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send(NOT_BUILT));
    return;
  }
  const { default: files } = await import('@fastify/static');
  await app.register(files, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    preCompressed: true,
    immutable: true, // their names change with what is in them
    maxAge: YEAR * 1000,
  });
  const index = readFileSync(join(folder, 'index.html'), 'utf8');
  const icon = readFileSync(join(folder, 'icon.svg'));
  app.get('/icon.svg', (_request, reply) => reply.type('image/svg+xml').send(icon));
  app.setNotFoundHandler((request, reply) => page(request, reply, index));
}

function page(request: FastifyRequest, reply: FastifyReply, index: string): FastifyReply {
  const { method, url } = request;
  if (method !== 'GET' && method !== 'HEAD') return reply.code(405).type('text/plain').send('get only');
  if (/^\/(api|assets)(\/|$)/.test(url))
    return reply.code(404).send({ code: 'NOT_FOUND', error: 'there is no such page' });
  return reply
    .type('text/html; charset=utf-8')
    .send(index.replace('<base href="/" />', `<base href="${prefixOf(request)}/" />`));
}

/** Below which path a proxy shows the web UI; empty: at the top. */
export function prefixOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const given = headers['x-script-name'];
  return typeof given === 'string' && /^(\/[\w.~-]+)+\/?$/.test(given) ? given.replace(/\/$/, '') : '';
}

/** The address without the prefix, whether or not the proxy has taken it away. */
export function withoutPrefix(url: string, prefix: string): string {
  if (prefix === '' || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  return rest === '' ? '/' : /^[/?]/.test(rest) ? rest.replace(/^\?/, '/?') : url;
}

/** Undefined: it is not built. */
function webFolder(): string | undefined {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    const folder = join(at, 'dist', 'web');
    if (existsSync(join(folder, 'index.html'))) return folder;
    if (existsSync(join(at, 'package.json'))) return undefined;
  }
  return undefined;
}
