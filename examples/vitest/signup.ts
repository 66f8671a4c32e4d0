/*
 * The program under test: what it pushes when somebody signs up, and the handlers that run it.
 * It must never make a client of its own: it is given one, so that tests can give another.
 */

import type { Producer } from '@faktory-ts/client';
import type { Handlers } from '@faktory-ts/worker';

export interface Jobs {
  SendWelcome: [to: string];
  SendReminder: [to: string, days: number];
}

/** Welcomes at once, reminds in three days. */
export async function signUp(producer: Producer<Jobs>, to: string): Promise<void> {
  await producer.push({ jobtype: 'SendWelcome', args: [to], queue: 'mail' });
  await producer.push({ jobtype: 'SendReminder', args: [to, 3], in: 3 * 86_400_000 });
}

/** The handlers, with what sends a mail. */
export function mailHandlers(send: (text: string) => void): Handlers<Jobs> {
  return {
    SendWelcome: (_context, to) => send(`welcome, ${to}`),
    SendReminder: (_context, to, days) => send(`${to}, it has been ${days} days`),
  };
}
