/**
 * Waits for a state of the server by polling. The timeout counts from the last change, so a server
 * that makes progress is never given up. A change of the returned text counts as progress, and the
 * text is part of the error.
 */

import { setTimeout as pass } from 'node:timers/promises';
import { FaktoryError, type Info } from '@faktory-ts/protocol';

const askEvery = 5; // ms

/**
 * Default timeout in milliseconds: below the 5 s of test frameworks, so that the error of this file
 * is shown.
 */
export const patience = 4000;

/**
 * Resolves once `left` returns undefined.
 *
 * @param left describes what is still waited for
 * @throws FaktoryError `TIMEOUT` when the description did not change for `timeout` milliseconds
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

/**
 * Describes the running jobs and those that wait in these queues; undefined when there are none.
 */
export function unfinished({ faktory }: Info, queues: readonly string[]): string | undefined {
  const { working } = faktory.sets;
  const waiting = queues.filter((name) => (faktory.queues[name] ?? 0) > 0);
  if (working === 0 && waiting.length === 0) return undefined;
  const counts = waiting.map((name) => `${faktory.queues[name]} wait in queue ${name}`);
  return [`${working} jobs run`, ...counts, `${faktory.total_processed} have ended`].join(', ');
}
