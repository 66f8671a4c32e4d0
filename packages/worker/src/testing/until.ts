/*
 * Waiting for a state of the server by asking it again and again.
 * It must never give up on a server that gets on: the time counts from the last change of what is waited for. A stranger would get
 * wrong what the text is for: it is compared to see a change, and ends up in the error.
 */

import { setTimeout as pass } from 'node:timers/promises';
import { FaktoryError, type Info } from '@faktory-ts/protocol';

const askEvery = 5; // ms

/** Default of the waits, milliseconds: below the 5 s that test frameworks give a test, so that the text here is what is seen. */
export const patience = 4000;

/**
 * Resolves once `left` says undefined.
 *
 * @param left what is still waited for, in words
 * @throws FaktoryError `TIMEOUT` when that did not change for so many milliseconds
 */
export async function until(left: () => Promise<string | undefined>, timeout = patience): Promise<void> {
  let last: string | undefined;
  let since = performance.now();
  for (;;) {
    const words = await left();
    if (words === undefined) return;
    if (words !== last) since = performance.now();
    else if (performance.now() - since > timeout) {
      throw new FaktoryError('TIMEOUT', `waited ${timeout} ms in vain: ${words}`);
    }
    last = words;
    await pass(askEvery);
  }
}

/** What runs, and what waits in these queues for somebody who takes it; undefined = neither. */
export function unfinished({ faktory }: Info, queues: readonly string[]): string | undefined {
  const { working } = faktory.sets;
  const waiting = queues.filter((name) => (faktory.queues[name] ?? 0) > 0);
  if (working === 0 && waiting.length === 0) return undefined;
  const counts = waiting.map((name) => `${faktory.queues[name]} wait in queue ${name}`);
  return [`of the jobs ${working} run`, ...counts, `${faktory.total_processed} have ended`].join(', ');
}
