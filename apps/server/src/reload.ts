/*
 * HUP: the configuration is read again, and what can change without a restart does. What cannot is told, not swallowed.
 * It must never stop the server or leave it half changed: a configuration that cannot be used changes nothing.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger, Server } from '@faktory-ts/server';
import type { Config } from './config.ts';
import { asWritten, inWordsOfProgram } from './written.ts';

const live = ['password', 'webPassword', 'tls', 'http'] as const;

/** `running` is what the server was started with: what differs from it needs a restart, and is told at each HUP until there is one. */
export async function reload(
  running: Config,
  read: () => Config,
  server: Server,
  log: Logger,
): Promise<void> {
  try {
    const now = read();
    const { password, webPassword, tls, http } = now.server;
    await server.reload({ password, webPassword, tls, http });
    for (const warning of now.warnings) log.warn(warning);
    const fixed = changedFixed(running, now);
    if (fixed.length > 0) log.warn(`SIGHUP: needs a restart to take effect: ${fixed.join(', ')}`);
    log.info('SIGHUP: read again: passwords, tokens, certificate, address of HTTP');
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    log.error(`SIGHUP: everything stays as it was: ${inWordsOfProgram(error.message)}`);
  }
}

/** The settings, as they are written, that are written differently now and hold from the next start only. */
function changedFixed({ server: old }: Config, now: Config): string[] {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const names = Object.keys({ ...old, ...now.server }) as (keyof Config['server'])[];
  const fixed = names.filter((name) => !live.some((one) => one === name));
  return [...new Set(fixed.filter((name) => !same(old[name], now.server[name])).map(asWritten))];
}
