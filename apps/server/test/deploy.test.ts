/**
 * Tests the examples in deploy/: their flags, pages and metrics exist.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Server } from '@faktory-ts/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../src/config.ts';
import { parseFlags } from '../src/flags.ts';
import { endAll, freshFolder } from './program.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8');

/** Every object and list in a YAML file. */
function* parts(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  yield value as Record<string, unknown>;
  for (const one of Object.values(value)) yield* parts(one);
}

function yamlOf(path: string): Record<string, unknown>[] {
  const documents = parseAllDocuments(read(path));
  for (const document of documents)
    expect([path, document.errors, document.warnings]).toEqual([path, [], []]);
  return documents.flatMap((document) => [...parts(document.toJS())]);
}

const commandsIn = (path: string): string[][] =>
  yamlOf(path).flatMap(({ command }) => (Array.isArray(command) ? [command as string[]] : []));

const lines: [string, () => string[][]][] = [
  [
    'systemd/faktory.service',
    () => [(/^ExecStart=(.*)$/m.exec(read('systemd/faktory.service'))?.[1] ?? '').split(' ')],
  ],
  [
    'docker/Dockerfile',
    () => [JSON.parse(/^CMD (\[.*\])$/m.exec(read('docker/Dockerfile'))?.[1] ?? '[]') as string[]],
  ],
  ['docker/compose.yaml', () => commandsIn('docker/compose.yaml')],
  ['kubernetes/faktory.yaml', () => commandsIn('kubernetes/faktory.yaml')],
];

describe.each(lines)('%s', (path, commands) => {
  it('uses flags that the program has', async () => {
    const found = commands();
    expect(found).toHaveLength(1);
    for (const [program = '', ...args] of found) {
      expect(program).toMatch(/\/faktory$/);
      const asked = await parseFlags(args);
      const flags = 'flags' in asked ? asked.flags : {};
      const surroundings = { env: { FAKTORY_PASSWORD: 'x' }, home: () => '/root', passwordFile: '/none' };
      const { binding, web, environment } = readConfig({ ...flags, config: freshFolder() }, surroundings);
      expect([binding.port, web?.port]).toEqual([7419, 7420]);
      if (path !== 'docker/Dockerfile') expect(environment).toBe('production');
    }
  });
});

it('the files that the image copies exist', () => {
  const copies = [...read('docker/Dockerfile').matchAll(/^COPY (?!--from)(\S+) /gm)].map(
    ([, from]) => from ?? '',
  );
  expect(copies.length).toBeGreaterThan(1);
  for (const from of copies) expect(existsSync(join(root, from)), from).toBe(true);
});

it('the image has the packages of the lock file, on a base image with a fixed version', () => {
  const text = read('docker/Dockerfile');
  expect(text).toMatch(/^ARG NODE=\d+\.\d+\.\d+-bookworm-slim$/m);
  const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(bases).toHaveLength(2);
  for (const base of bases) expect(base).toMatch(/^node:\$\{NODE\}$/);
  const folder = join(freshFolder(), 'faktory');
  const made = spawnSync(process.execPath, [join(root, 'scripts/bootstrap.mjs'), 'image', folder], {
    encoding: 'utf8',
  });
  expect([made.status, made.stdout]).toEqual([0, '']);
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
  const names = readdirSync(join(folder, 'node_modules/.pnpm')).filter((name) => /^[\w@.+-]+@\d/.test(name));
  expect(names.length).toBeGreaterThan(50);
  const unknown = names.filter((name) => {
    const [, scoped = '', version = ''] = /^(.+?)@(\d[^_(]*)/.exec(name) ?? [];
    return !lock.includes(`${scoped.replace('+', '/')}@${version}`);
  });
  expect(unknown).toEqual([]);
  const asked = spawnSync(process.execPath, [join(folder, 'dist/main.js'), '--version'], {
    encoding: 'utf8',
  });
  expect(asked.stdout).toMatch(/^faktory-ts \d/);
}, 120_000);

it('the Kubernetes example checks TLS servers without restarting them', () => {
  expect(read('kubernetes/faktory.yaml')).toContain('scheme: HTTPS');
});

it('compose keeps the log below a size', () => {
  const sizes = yamlOf('docker/compose.yaml').map((part) => part['max-size']);
  expect(sizes.filter(Boolean)).toEqual(['10m']);
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!analyze) console.warn('SKIPPED: the unit is checked where systemd-analyze is');
it.skipIf(!analyze)('systemd finds nothing wrong with the unit', () => {
  const unit = join(freshFolder(), 'faktory.service');
  writeFileSync(unit, read('systemd/faktory.service').replace('/usr/bin/faktory', process.execPath));
  const { stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
  expect(stderr.split('\n').filter((line) => line.includes('faktory.service'))).toEqual([]);
});

describe('a server', () => {
  let server: Server;
  let names: Set<string>;

  beforeAll(async () => {
    server = createServer({ sync: 'off', http: {}, backups: {} });
    await server.start();
    const text = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
    names = new Set(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) => {
        return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      }),
    );
    // Present after the first backup.
    names.add('faktory_backup_age_seconds');
    names.add('faktory_certificate_expiry_timestamp_seconds'); // present with TLS
  });

  afterAll(async () => {
    await server.stop();
    await endAll();
  });

  it('passes the health check of the image', async () => {
    const check = join(root, 'deploy/docker/healthcheck.mjs');
    const statusOf = (port: number | undefined): Promise<number | null> =>
      new Promise((resolve) => spawn(process.execPath, [check, `${port}`]).once('close', resolve));
    expect(await statusOf(server.httpPort)).toBe(0);
    expect(await statusOf(server.port)).toBe(1); // no HTTP on that port
  });

  it('has the pages that Kubernetes probes', async () => {
    const paths = yamlOf('kubernetes/faktory.yaml').flatMap(({ path, port }) => (path && port ? [path] : []));
    expect(paths).toHaveLength(3);
    for (const path of paths) {
      const { status } = await fetch(`http://127.0.0.1:${server.httpPort}${path}`);
      expect([path, status]).toEqual([path, 200]);
    }
  });

  it.each(['grafana/faktory.json', 'prometheus/rules.yml'])('has every metric of %s', (path) => {
    const values = path.endsWith('json') ? [...parts(JSON.parse(read(path)))] : yamlOf(path);
    const expressions = values.flatMap(({ expr }) => (typeof expr === 'string' ? [expr] : []));
    expect(expressions.length).toBeGreaterThan(8);
    const used = expressions.flatMap((expr) => expr.match(/\b(faktory|process|nodejs)_\w+/g) ?? []);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });
});
