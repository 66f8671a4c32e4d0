/**
 * What the table `kept` says on disk, and the names that jobs hold.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Consequences } from '../../engine.ts';
import type { Statement } from './binding.ts';
import { toColumn } from './column.ts';

/** What `kept.kind` says. The numbers are on disk. */
export const KINDS = { claim: 1, counter: 2, number: 3, value: 4 } as const;

/** The holder of a claim that an operation made without a job. */
export const NO_JOB = 0;

/** A claim of a job, as undo and a dump keep it. */
export interface KeptClaim {
  readonly key: string;
  readonly until: Micros | null;
  /** 1: `until` means a length, so it moves when the clock is set. */
  readonly span: 0 | 1;
}

/** The names that a job gives up at some moment: those that it can hold. */
function releasedBy(consequences: Consequences): string[] {
  const all = Object.values(consequences).flat();
  return [...new Set(all.flatMap((effect) => (effect.do === 'release' ? [effect.key] : [])))];
}

const CLAIM = `SELECT until, span FROM kept WHERE key = ? AND kind = ${KINDS.claim} AND holder = ?`;

/**
 * The names that a job holds: of those that its consequences release, the ones that are its own. One
 * whose end has passed may still be there. `sql` prepares a statement.
 */
export function claimsStored(
  sql: (text: string) => Statement,
  id: number,
  consequences: Consequences,
): KeptClaim[] {
  const claim = sql(CLAIM);
  return releasedBy(consequences).flatMap((key): KeptClaim[] => {
    const row = claim.get(toColumn(key), id) as Omit<KeptClaim, 'key'> | undefined;
    return row ? [{ key, ...row }] : [];
  });
}
