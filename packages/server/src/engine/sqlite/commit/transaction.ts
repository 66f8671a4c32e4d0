/** What a turn needs from the store. */
export interface Transaction {
  begin(): void;
  /**
   * Called after the operations of the turn have run: notifies listeners of ready jobs.
   * Returns true when a listener calls an operation at once, which then joins this turn.
   */
  announce(): boolean;
  /** Does the last writes and commits; returns when the commit is as durable as configured. */
  commit(): void;
  rollback(): void;
  /** Called after all promises are settled: notifies listeners of what the commit changed. */
  settled(): void;
}
