/**
 * Reports the server's state to systemd, when the unit has Type=notify. It neither delays nor fails
 * the server.
 *
 * Note: the message is a datagram on a Unix socket, which Node cannot send, so `systemd-notify`
 * sends it, and the unit needs NotifyAccess=all.
 */
import { spawn } from 'node:child_process';
import type { Logger } from '@faktory-ts/server';

/** Sends `READY=1` and the like to the manager that set NOTIFY_SOCKET. */
export function tellSystemd(state: readonly string[], log: Logger, env = process.env): void {
  if (!env.NOTIFY_SOCKET) return;
  const told = spawn('systemd-notify', [...state], { stdio: 'ignore', env });
  told.on('error', ({ message }) => {
    log.warn(`cannot report ${state[0]} to systemd: ${message}; install systemd-notify or use Type=simple`);
  });
}
