/**
 * Counts how many rows one bite may have, so that it is bounded by bytes too. Runs inside a turn.
 */
import { PORTION_BYTES } from '../commit/portion.ts';
import type { Value } from '../state/binding.ts';
import type { Store } from '../state/store.ts';

/** How many rows fit into a bite. */
export interface Fitting {
  /** At least 1, when a row was found. */
  readonly rows: number;
  readonly bytes: number;
  /** Rows were found that do not fit. */
  readonly isCut: boolean;
}

const countOf = (sized: string): string => `SELECT count(*) AS found, coalesce(sum(fits), 0) AS rows,
  coalesce(sum(iif(fits, bytes, 0)), 0) AS bytes FROM
  (SELECT bytes, coalesce(sum(bytes) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < ? AS fits
    FROM (${sized}))`;

/**
 * How many of the first rows fit: as many as have fewer than `most` bytes, and one more.
 * `sized` selects one column `bytes`, in order.
 */
export function fitting(
  store: Store,
  sized: string,
  values: readonly Value[],
  most = PORTION_BYTES,
): Fitting {
  const row = store.sql(countOf(sized)).get(most, ...values) as {
    found: number;
    rows: number;
    bytes: number;
  };
  return { rows: row.rows, bytes: row.bytes, isCut: row.rows < row.found };
}
