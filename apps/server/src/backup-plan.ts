/*
 * When backups are made: in production every hour, elsewhere not, unless FAKTORY_BACKUP_FREQUENCY or [backups] says otherwise.
 * It must never shorten what was asked in silence. A stranger would get wrong that the environment wins over the files, as for the
 * password.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { ServerOptions } from '@faktory-ts/server';
import type { ConfD } from './conf-d.ts';
import type { Environment } from './password.ts';

/** What [backups] says. */
export interface BackupSettings {
  readonly every: string | undefined;
  readonly keep: number | undefined;
}

const hour = 3_600_000; // ms
const least = 300_000; // ms
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: hour };

/** The option of the server. Throws CONFIG, naming what cannot work. */
export function backupPlan(
  environment: Environment,
  frequency: string | undefined,
  { every, keep = 24 }: BackupSettings,
  sourceOf: ConfD['source'],
): NonNullable<ServerOptions['backups']> {
  // Also where no backups are made: who turns them on later must not meet the mistake then.
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
