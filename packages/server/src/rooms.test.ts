/**
 * Who may import whom: the table and the rule are one thing.
 *
 * Reads every import of every source file (tests aside) and says for each that breaks a rule what to do instead.
 * A new room or package starts with a line here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Package → the workspace packages that its source may import. */
const packages: Record<string, string[]> = {
  'packages/protocol': [],
  'packages/client': ['protocol'],
  'packages/worker': ['protocol', 'client'],
  'packages/server': ['protocol'],
  'apps/server': ['protocol', 'server', 'client'],
  'apps/web': ['protocol'], // types, and what is pure and small
  'apps/demo': ['client', 'worker'],
  'apps/bench': ['protocol', 'client', 'worker'],
};

/** Folders inside a package that may import more than the rest of it. */
const exceptions: Record<string, string[]> = {
  'packages/worker/src/testing': ['server'], // an optional peer: a worker in production stands without a server
};

/** Room of the server → its doors (what others may import of it) and the rooms it may import. */
const rooms: Record<string, { doors: string[]; may: string[] }> = {
  wire: { doors: ['listener.ts'], may: ['jobs', 'engine', 'workers', 'access'] },
  http: { doors: ['app.ts'], may: ['jobs', 'engine', 'workers', 'access'] },
  access: { doors: ['access.ts', 'tokens.ts'], may: ['jobs', 'features'] }, // what features say of rights
  tasks: {
    doors: [
      'runner.ts',
      'backup-task.ts',
      'certificate-watch.ts',
      'descriptor-watch.ts',
      'disk-watch.ts',
      'file-watch.ts',
      'shrink-task.ts',
      'statsd.ts',
      'storage-watch.ts',
    ],
    may: ['jobs', 'engine', 'workers'],
  },
  jobs: { doors: ['jobs.ts', 'feature.ts'], may: ['engine'] },
  features: { doors: ['features.ts'], may: ['jobs', 'engine'] },
  workers: { doors: ['roster.ts', 'self-texts.ts', 'status.ts'], may: ['engine'] },
  engine: { doors: ['engine.ts', 'open-backend.ts', 'data-folder.ts'], may: ['engine/sqlite'] },
  'engine/sqlite': {
    doors: [
      'backend.ts',
      'files/backup-folder.ts',
      'files/data-folder.ts',
      'files/dump.ts',
      'files/folder.ts',
      'files/load.ts',
      'files/compact.ts',
      'files/salvage.ts',
    ],
    may: ['engine'],
  },
};
/** Beside the rooms: leaves that every room may import, and the files that put the rooms together. */
const leaves = [
  'clocks.ts',
  'json-list.ts',
  'listening.ts',
  'log.ts',
  'network.ts',
  'options.ts',
  'owned-file.ts',
  'rounds.ts',
  'shared-run.ts',
  'stalls.ts',
  'tls.ts',
  'unauthenticated.ts',
];
const builders = ['check-options.ts', 'openness.ts', 'server.ts', 'server-type.ts', 'info.ts', 'index.ts'];

const top = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const slashed = (path: string) => path.split(sep).join('/');
const files = new Map(
  Object.keys(packages)
    .flatMap(sourcesOf)
    .map((file) => [file, importsOf(file)]),
);

function sourcesOf(folder: string): string[] {
  if (!existsSync(join(top, folder, 'src'))) return [];
  const names = readdirSync(join(top, folder, 'src'), { recursive: true, encoding: 'utf8' }).map(slashed);
  const sources = names.filter((name) => /\.tsx?$/.test(name) && !/\.test\.|(^|\/)conformance\//.test(name));
  return sources.map((name) => `${folder}/src/${name}`);
}

/** What a file imports: a bare name as it stands, a relative one as a path from the top. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(top, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const from =
    /^(?:(?:import|export)\b.*\bfrom|import|\} from)\s*['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm;
  const names = [...text.matchAll(from)].map(([, still, called]) => still ?? called ?? '');
  const local = (name: string) => slashed(relative(top, resolve(top, dirname(file), name)));
  return names.map((name) => (name.startsWith('.') ? local(name) : name));
}

const packageOf = (file: string) => file.split('/').slice(0, 2).join('/');
const inServer = (file: string) =>
  file.startsWith('packages/server/src/') ? file.slice('packages/server/src/'.length) : '';
const roomOf = (file: string) =>
  Object.keys(rooms)
    .filter((room) => file.startsWith(`${room}/`))
    .sort()
    .at(-1);

/** Every rule broken by any import, in words. */
function broken(rule: (file: string, target: string) => string | undefined): string[] {
  return [...files].flatMap(([file, targets]) =>
    targets.flatMap((target) => {
      const advice = rule(file, target);
      return advice ? [`${file} imports ${target}: ${advice}`] : [];
    }),
  );
}

test('a package imports only the packages that the table allows, and never by a path into their folder', () => {
  const wrong = broken((file, target) => {
    const own = packageOf(file);
    if (/^(packages|apps|\.\.)\//.test(target))
      return packageOf(target) === own ? undefined : 'import the package by its name';
    const name = /^@faktory-ts\/([^/]+)/.exec(target)?.[1];
    if (name && !packages[own]?.includes(name) && !exceptions[dirname(file)]?.includes(name))
      return `${own} may import only: ${packages[own]?.join(', ') || 'nothing'}`;
    return own === 'packages/protocol' && target.startsWith('node:')
      ? 'the protocol also runs in browsers'
      : undefined;
  });
  expect(wrong).toEqual([]);
});

test('a room of the server imports only the rooms that the table allows, each through its door', () => {
  const wrong = broken((file, target) => {
    const [from, to] = [inServer(file), inServer(target)];
    const [room, other] = [roomOf(from), roomOf(to)];
    if (!from || !to || room === other) return undefined;
    if (!room && !builders.includes(from) && !leaves.includes(from))
      return 'this file stands in no room: move it into one';
    if (!other)
      return leaves.includes(to) || builders.includes(from)
        ? undefined
        : `rooms import only ${leaves.join(', ')} from outside`;
    if (!rooms[other]?.doors.includes(to.slice(other.length + 1)))
      return `the doors of ${other} are ${rooms[other]?.doors.join(', ')}`;
    if (builders.includes(from) || (room && rooms[room]?.may.includes(other))) return undefined;
    return `${room ?? from} may import only ${(room && rooms[room]?.may.join(', ')) || 'no room'}; let the upper room pass it down`;
  });
  expect(wrong).toEqual([]);
});

test('no files import each other in a circle', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const target of files.get(file) ?? []) if (files.has(target)) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of files.keys()) walk(file, []);
  expect(circles).toEqual([]);
});

/** All texts of the web UI in one language: as long as they are. */
const texts = /^apps\/web\/src\/words\/[\w-]+\.ts$/;

test('a file over 350 lines says in its header why: "long because …"', () => {
  const long = [...files.keys()].filter((file) => {
    if (texts.test(file)) return false;
    const lines = readFileSync(join(top, file), 'utf8').split('\n');
    return lines.length > 351 && !/long because/i.test(lines.slice(0, 15).join('\n'));
  });
  expect(long).toEqual([]);
});
