/**
 * Tests that the files, headings, map entries and flags that the documents name exist.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseFlags } from '../src/flags.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => (name.endsWith('.md') ? [join(folder, name)] : []));

const documents = [
  ...markdownIn('.'),
  ...markdownIn('docs'),
  ...readdirSync(join(root, 'packages')).flatMap((name) => markdownIn(`packages/${name}`)),
  'apps/server/README.md',
];

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): Set<string> {
  const text = read(path).replace(/^```.*?^```$/gms, '');
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

it.each(documents)('%s links to files and headings that exist', (document) => {
  const broken = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', anchor] = link.split('#', 2);
    const target = path === '' ? document : normalize(join(dirname(document), path));
    if (!existsSync(join(root, target))) return [link];
    return anchor === undefined || anchorsOf(target).has(anchor) ? [] : [link];
  });
  expect(broken).toEqual([]);
});

it('the map names files and folders that exist, and every room of the server', () => {
  const text = read('CONTRIBUTING.md');
  const bases = [
    '',
    'packages/server/src',
    'packages/server/src/http',
    'packages/worker/src',
    'apps/web/src',
  ];
  const map = text.slice(0, text.indexOf('## Words'));
  const names = [...map.matchAll(/`([\w./-]+(?:\.tsx?|\/))`/g)].flatMap(([, name = '']) => [name]);
  expect(names.length).toBeGreaterThan(40);
  const places = [...bases, 'packages/client/src'];
  expect(names.filter((name) => !places.some((base) => existsSync(join(root, base, name))))).toEqual([]);
  const rooms = readdirSync(join(root, 'packages/server/src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(rooms.map(({ name }) => name).filter((name) => !map.includes(`${name}/ `))).toEqual([]);
});

it.each(['README.md', 'apps/server/README.md'])('%s has every flag of the server', async (document) => {
  const asked = await parseFlags(['--help']);
  const help = 'help' in asked ? asked.help : '';
  const flags = [...help.matchAll(/^ +(?:-\w, | {4})(--[\w-]+)/gm)].flatMap(([, flag = '']) => [flag]);
  expect(flags.length).toBeGreaterThan(20);
  const text = read(document);
  const missing = flags.filter((flag) => !/^--(help|version)$/.test(flag) && !text.includes(`\`${flag}\``));
  expect(missing).toEqual([]);
});
