import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const top = new URL('../../../', import.meta.url);
const published = ['packages', 'apps']
  .flatMap((parent) => readdirSync(new URL(parent, top)).map((name) => `${parent}/${name}`))
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(new URL(`${folder}/package.json`, top), 'utf8')),
  }))
  .filter(({ manifest }) => !manifest.private);

test.each(published)('the published package in $folder says where its source, page and bugs are', (one) => {
  const { homepage, bugs, repository, keywords } = one.manifest;
  expect(repository).toMatchObject({ type: 'git', directory: one.folder });
  expect(repository.url).toMatch(/^git\+https:\/\/.+\.git$/);
  expect(homepage).toContain(one.folder);
  expect(bugs).toMatch(/^https:\/\/.+\/issues$/);
  expect(keywords).toContain('faktory');
});

test('five packages are published', () => {
  expect(published.map(({ manifest }) => manifest.name).sort()).toEqual([
    '@faktory-ts/client',
    '@faktory-ts/protocol',
    '@faktory-ts/server',
    '@faktory-ts/worker',
    'faktory-ts',
  ]);
});
