/** A copy of the store that can be restored. */
export interface Backup {
  /** When it was made, as a name that sorts by age: `2026-11-25T20-15-30.123Z`. */
  readonly id: string;
  /** Compressed. */
  readonly bytes: number;
  /** Of the compressed copy, in hex. */
  readonly sha256: string;
  /** The version of the data format. */
  readonly format: number;
  /** How many jobs are where. */
  readonly jobs: Readonly<Record<'ready' | 'scheduled' | 'retries' | 'working' | 'dead', number>>;
  /** Why it cannot be used, as far as its files say without being read to the end; absent: nothing is known against it. */
  readonly bad?: string;
}
