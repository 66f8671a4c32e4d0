/*
 * Tells systemd how far the server is, where the unit says Type=notify. Elsewhere it does nothing.
 * It must never hold the server up or fail: who starts it wants a server first. A stranger would get wrong why another program is
 * asked: the message is a datagram on a Unix socket, which Node cannot send; so the unit needs NotifyAccess=all.
 */
import { spawn } from 'node:child_process';
import type { Logger } from '@faktory-ts/server';

/** Says `READY=1` and the like to the manager that set NOTIFY_SOCKET. */
export function tellSystemd(state: readonly string[], log: Logger, env = process.env): void {
  if (!env.NOTIFY_SOCKET) return;
  const told = spawn('systemd-notify', [...state], { stdio: 'ignore', env });
  told.on('error', ({ message }) => {
    log.warn(`systemd cannot be told ${state[0]}: ${message}; install systemd-notify or use Type=simple`);
  });
}
