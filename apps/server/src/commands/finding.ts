/** The type of a finding of `faktory doctor`. */

/** A finding: `wrong` must be fixed; `warn` may be intended. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'wrong';
  readonly what: string;
  readonly told: string;
  /** What to do. */
  readonly advice?: string;
}
