/**
 * HUP: reads the configuration again and applies what can change without a restart; the rest is
 * logged. A bad configuration changes nothing.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger, Server } from '@faktory-ts/server';
import type { Config } from './config.ts';
import { asWritten, inWordsOfProgram } from './written.ts';

const live = ['password', 'webPassword', 'tls', 'http'] as const;

/**
 * `running` is the configuration at the start: differences that need a restart are logged at each
 * HUP.
 */
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
    log.info('SIGHUP: reloaded passwords, tokens, certificate, HTTP address');
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    log.error(`SIGHUP: nothing was changed: ${inWordsOfProgram(error.message)}`);
  }
}

/** Names of the settings, as written in the configuration, that changed and need a restart. */
function changedFixed({ server: old }: Config, now: Config): string[] {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const names = Object.keys({ ...old, ...now.server }) as (keyof Config['server'])[];
  const fixed = names.filter((name) => !live.some((one) => one === name));
  return [...new Set(fixed.filter((name) => !same(old[name], now.server[name])).map(asWritten))];
}
