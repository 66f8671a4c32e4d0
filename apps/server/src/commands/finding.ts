/* What `faktory doctor` found. */

/** `wrong` needs doing; `warn` may be meant so. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'wrong';
  readonly what: string;
  readonly told: string;
  /** What to do. */
  readonly advice?: string;
}
