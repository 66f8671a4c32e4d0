/** The room that a store takes on the disk, in bytes. */
export interface Space {
  /** The file of the store, as long as it is after the next checkpoint. */
  readonly bytes: number;
  /** Of them those that hold nothing and are used for new jobs first. */
  readonly free: number;
  /** The write-ahead log beside it. */
  readonly log: number;
  /** Whether free room can be given back to the file system while serving. */
  readonly canShrink: boolean;
}
