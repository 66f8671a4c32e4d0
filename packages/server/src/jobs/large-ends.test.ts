/** FAILB and TAIL of large jobs, on an engine that only counts. */
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Ending, Engine, Reservation, ReservationRef } from '../engine/engine.ts';
import { DONE, endAll } from './end.ts';
import { failAll } from './fail.ts';
import { Tail } from './tail.ts';

const MEGABYTE = 1024 * 1024;

function makeServices(bytes: number) {
  const commits: string[][] = [];
  const engine = {
    clock: () => 1_700_000_000_000_000,
    reservation: async ({ jid }: ReservationRef) => reservationOf(jid, bytes),
    settleMany: async (ends: readonly Ending[]) => {
      commits.push(ends.map(({ held }) => held.jid));
      return ends.map(() => true);
    },
  } as unknown as Engine;
  return { commits, services: { engine, tail: new Tail(engine.clock) } };
}

function reservationOf(jid: string, bytes: number): Reservation {
  const document = `{"retry":25,"jid":"${jid}","queue":"q","jobtype":"T","args":["${'x'.repeat(bytes)}"]}`;
  const times = { reservationId: 1, takenAt: 1, expiresAt: 2, enqueuedAt: 1 };
  return { jid, wid: 'w', queue: 'q', ...times, document, failure: undefined, leased: false, losses: 0 };
}

const jids = ['a', 'b', 'c', 'd', 'e'];
const fault = { errtype: 'E', message: 'm', backtrace: [] };
const failed = jids.map((jid) => ({ held: { jid }, fault }));
const rules = { mostLosses: 3, mostAttempts: 0 };

test.each([
  ['small jobs is one commit', 1000, [jids]],
  ['jobs of megabytes is a commit for each 4 MiB', 1.5 * MEGABYTE, [['a', 'b'], ['c', 'd'], ['e']]],
  ['jobs of more than 4 MiB is a commit for each job', 5 * MEGABYTE, jids.map((jid) => [jid])],
])('a FAILB of %s', async (_, bytes, expected) => {
  const { commits, services } = makeServices(bytes);
  expect(await failAll(services, failed, rules)).toEqual(jids.map(() => true));
  expect(commits).toEqual(expected);
});

test('while TAIL watches, the event loop runs after each megabyte that an ACKB reads, and each end has its event', async () => {
  const { services } = makeServices(1.5 * MEGABYTE);
  const { signal } = new AbortController();
  const { next } = await services.tail.read({ args: true }, signal);
  let [turns, isDone] = [0, false];
  const ends = jids.map((jid) => ({ held: { jid }, outcome: DONE }));
  const done = endAll(services, ends).finally(() => {
    isDone = true;
  });
  for (; !isDone; turns++) await setImmediate();
  await done;
  expect(turns).toBeGreaterThanOrEqual(jids.length - 1);
  const { events } = await services.tail.read({ after: next, args: true }, signal);
  expect(events.map(({ kind, jid, jobtype, args = '' }) => [kind, jid, jobtype, args.length])).toEqual(
    jids.map((jid) => ['done', jid, 'T', 1000]),
  );
  services.tail.close();
});
