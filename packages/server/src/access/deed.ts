/** An entry of the audit log. */

/** What somebody did. */
export interface Deed {
  /** `password`, `token NAME`, `anybody` where nothing is asked, or a user of the machine. */
  readonly who: string;
  /** The address it came from; `here` for this machine's own commands and signals. */
  readonly from: string;
  /** Verb and subcommand. */
  readonly did: string;
  /** To what, in short; see `summary` in audit.ts. */
  readonly what: string;
  /** Whether it was carried out; false also for what the rights refuse. */
  readonly ok: boolean;
}
