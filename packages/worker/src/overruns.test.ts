import { expect, test } from 'vitest';
import { Overruns } from './overruns.ts';

const minute = 60_000;
const running = (jobtype: string, startedAt = 0) => ({
  job: { jid: 'jid-00001', jobtype, args: [] },
  startedAt,
});

function after(runs: readonly number[]): Overruns {
  const overruns = new Overruns(['Known', 'New']);
  for (const ms of runs) overruns.ended('Known', ms);
  return overruns;
}

test('a job is reported when it runs four times as long as the longest of the last runs of its type', () => {
  const overruns = after([minute, 2 * minute, 3 * minute]);
  const one = running('Known');
  expect(overruns.look([one], 12 * minute - 1)).toEqual([]);
  expect(overruns.look([one], 12 * minute)).toEqual([{ running: one, seconds: 720, usual: 180 }]);
});

test('a job that runs for less than a minute is never reported', () => {
  const one = running('Known');
  const overruns = after([5]);
  expect(overruns.look([one], minute - 1)).toEqual([]);
  expect(overruns.look([one], minute)).toEqual([{ running: one, seconds: 60, usual: 0.005 }]);
});

test('a job of a type without an ended run is reported after half an hour', () => {
  const one = running('New');
  const overruns = after([]);
  expect(overruns.look([one], 30 * minute - 1)).toEqual([]);
  expect(overruns.look([one], 30 * minute)).toEqual([{ running: one, seconds: 1800, usual: undefined }]);
});

test('a job is reported again each time its run has doubled', () => {
  const one = running('Known');
  const overruns = after([5]);
  const told = Array.from({ length: 10 }, (_, n) => overruns.look([one], (n + 1) * minute).length);
  expect(told).toEqual([1, 1, 0, 1, 0, 0, 0, 1, 0, 0]);
});

test('only the last fifty runs count, and only those of types that have a handler', () => {
  const overruns = after([100 * minute, ...Array.from({ length: 50 }, () => minute)]);
  overruns.ended('Unknown', 1);
  const [known, unknown] = [running('Known'), running('Unknown')];
  expect(overruns.look([known, unknown], 5 * minute)).toEqual([{ running: known, seconds: 300, usual: 60 }]);
});
