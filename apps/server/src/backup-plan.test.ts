import { expect, it } from 'vitest';
import { backupPlan } from './backup-plan.ts';

const source = (table: string, key?: string) => `FILE: [${table}] ${key}`;
const none = { every: undefined, keep: undefined };

it('backups are made each hour in production, and never elsewhere', () => {
  expect(backupPlan('production', undefined, none, source)).toEqual({ every: 3_600_000, keep: 24 });
  expect(backupPlan('staging', undefined, none, source)).toBe(false);
  expect(backupPlan('development', '', none, source)).toBe(false);
});

it('FAKTORY_BACKUP_FREQUENCY overrides [backups] every', () => {
  const toml = { every: '30m', keep: 7 };
  expect(backupPlan('development', undefined, toml, source)).toEqual({ every: 1_800_000, keep: 7 });
  expect(backupPlan('development', '1h30m', toml, source)).toEqual({ every: 5_400_000, keep: 7 });
  expect(backupPlan('production', 'off', toml, source)).toBe(false);
  expect(backupPlan('production', undefined, { ...none, every: 'off' }, source)).toBe(false);
});

it.each(['299s', '4m', '1', 'hourly', '-1h', '1h 5m', '0h'])(
  'the backup frequency %s is refused with its place',
  (every) => {
    for (const plan of [
      () => backupPlan('production', every, none, source),
      () => backupPlan('production', undefined, { ...none, every }, source),
    ]) {
      expect(plan).toThrow(
        /(FAKTORY_BACKUP_FREQUENCY|FILE: \[backups\] every): ".*" cannot be used; write a time of at least 5m/,
      );
    }
  },
);

it.each([0, 1.5, -1])('a number of %s backups to keep is refused, also when backups are disabled', (keep) => {
  expect(() => backupPlan('development', undefined, { every: undefined, keep }, source)).toThrow(
    /^FILE: \[backups\] keep/,
  );
  expect(() => backupPlan('production', undefined, { every: '1h', keep }, source)).toThrow(
    /^FILE: \[backups\] keep/,
  );
});
