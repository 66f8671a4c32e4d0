// @ts-check
/*
 * The program under test: what it pushes when somebody signs up, and the handlers that run it.
 * It must never make a client of its own: it is given one, so that tests can give another.
 */

/** @typedef {{ SendWelcome: [to: string], SendReminder: [to: string, days: number] }} Jobs */

/**
 * Welcomes at once, reminds in three days.
 *
 * @param {import('@faktory-ts/client').Producer<Jobs>} producer
 * @param {string} to
 */
export async function signUp(producer, to) {
  await producer.push({ jobtype: 'SendWelcome', args: [to], queue: 'mail' });
  await producer.push({ jobtype: 'SendReminder', args: [to, 3], in: 3 * 86_400_000 });
}

/**
 * The handlers, with what sends a mail.
 *
 * @param {(text: string) => void} send
 * @returns {import('@faktory-ts/worker').Handlers<Jobs>}
 */
export function mailHandlers(send) {
  return {
    SendWelcome: (_context, to) => send(`welcome, ${to}`),
    SendReminder: (_context, to, days) => send(`${to}, it has been ${days} days`),
  };
}
