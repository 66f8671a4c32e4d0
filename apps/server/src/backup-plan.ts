/**
 * Decides when backups are made: in production every hour, in other environments never, unless
 * FAKTORY_BACKUP_FREQUENCY or [backups] says otherwise. The environment overrides the files, as for
 * the password. A bad setting is an error.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { ServerOptions } from '@faktory-ts/server';
import type { ConfD } from './conf-d.ts';
import type { Environment } from './password.ts';

/** The settings of [backups]. */
export interface BackupSettings {
  readonly every: string | undefined;
  readonly keep: number | undefined;
}

const hour = 3_600_000; // ms
const least = 300_000; // ms
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: hour };

/** Returns the option of the server. Throws CONFIG with the bad setting. */
export function backupPlan(
  environment: Environment,
  frequency: string | undefined,
  { every, keep = 24 }: BackupSettings,
  sourceOf: ConfD['source'],
): NonNullable<ServerOptions['backups']> {
  // Checked even when backups are disabled, so that enabling them later does not reveal the
  // mistake.
  if (!Number.isInteger(keep) || keep < 1) {
    throw new FaktoryError(
      'CONFIG',
      `${sourceOf('backups', 'keep')} must be a whole number of at least 1, not ${keep}`,
    );
  }
  const source = frequency ? 'FAKTORY_BACKUP_FREQUENCY' : sourceOf('backups', 'every');
  const asked = frequency || every || (environment === 'production' ? '1h' : 'off');
  if (asked === 'off') return false;
  const span = duration(asked);
  if (span !== undefined && span >= least) return { every: span, keep };
  const text = 'write a time of at least 5m, such as 30m or 1h30m, or off';
  throw new FaktoryError('CONFIG', `${source}: "${asked}" cannot be used; ${text}`);
}

/** Milliseconds of a Go duration: `1h30m`, `90s`. */
function duration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    sum += Number(number) * (units[unit ?? ''] ?? 0);
  }
  return Math.round(sum);
}
