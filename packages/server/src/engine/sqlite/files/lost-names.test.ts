import { expect, it } from 'vitest';
import { lostNames } from './lost-names.ts';

const all = ['faktory.lock', 'faktory.db', 'faktory.db-wal', 'faktory.db-shm'];
const at = (name: string, path: string): string[] =>
  all.map((one) => (one === name ? path : `/data/${one}`)).filter((one) => one !== '');
const lost = (links: string[], lockMissing = false): string[] => [
  ...lostNames(['/dev/null', 'socket:[7]', ...links], '/data', lockMissing),
];

it('a server that has every file under its name lost none', () => {
  expect(lost(at('', ''))).toEqual([]);
});

for (const name of ['faktory.db', 'faktory.db-wal'])
  for (const path of [`/data/${name} (deleted)`, `/elsewhere/${name}`, '/data/moved', ''])
    it(`a server that has ${name} open as "${path}" lost it`, () => {
      expect(lost(at(name, path))).toEqual([name]);
    });

it('a server that opened a new log beside its deleted one lost its log', () => {
  expect(lost([...at('', ''), '/data/faktory.db-wal (deleted)'])).toEqual(['faktory.db-wal']);
});

it('a server that starts or stops, and has not all files open, lost none', () => {
  for (const count of [0, 1, 2, 3])
    expect(lost(all.slice(0, count).map((name) => `/data/${name}`))).toEqual([]);
});

it('a store, log and shared memory that were moved away together are lost', () => {
  const moved = all.map((name) => (name === 'faktory.lock' ? `/data/${name}` : `/elsewhere/${name}`));
  expect(lost(moved)).toEqual(['faktory.db', 'faktory.db-wal']);
});

it('a lock is lost that was deleted, or moved away so that the folder has none', () => {
  expect(lost(at('faktory.lock', '/data/faktory.lock (deleted)'), true)).toEqual(['faktory.lock']);
  expect(lost(at('faktory.lock', '/elsewhere/lock'), true)).toEqual(['faktory.lock']);
});

it('a process that has no lock is no server of a folder that has one: it lost nothing', () => {
  expect(lost(['/data/faktory.db', '/data/faktory.db-wal (deleted)'])).toEqual([]);
  expect(lost(['/other/faktory.db', '/other/faktory.lock'], true)).toEqual([]);
});
