/**
 * What a connection needs of the listener that hosts it. Types only.
 */
import type { Caller, Deed, Rights } from '../access/access.ts';
import type { SelfTexts } from '../workers/self-texts.ts';
import type { Desk } from './commands.ts';
import type { Unfinished } from './unfinished.ts';
import type { Unsent } from './unsent.ts';
import type { Verbs } from './verbs.ts';

/** A connection of a producer that named itself. */
export interface ProducerLine {
  readonly caller: Caller;
  /** Whose the name is; empty: nobody's. */
  readonly owner: string;
  /** Closes it; what it sent and was not begun is dropped. */
  close(): void;
}

/** What a connection needs of its listener. */
export interface Port {
  readonly desk: Desk;
  readonly verbs: Verbs;
  readonly rights: Rights;
  readonly maxLineBytes: number;
  readonly maxUnsentBytes: number;
  readonly unsentTimeout: number;
  /** The lines of all connections whose end has not arrived. */
  readonly unfinished: Unfinished;
  /** The replies of all connections that are not read. */
  readonly unsent: Unsent;
  /** Hostnames and labels of all connections. */
  readonly selfTexts: SelfTexts;
  /** Counts a command: its verb (`unknown` for one that is none), its length, and whose it is. */
  asked(verb: string, length: number, who: string): void;
  /** That command is answered. */
  answered(verb: string): void;
  /** Makes the connection the only one of this producer. Throws FORBIDDEN when that is another secret's. */
  claimProducer(name: string, connection: ProducerLine): void;
  /** Whether the server has begun to stop. */
  readonly stopping: boolean;
  /** Writes to the audit log. */
  audit(deed: Deed): void;
  /** A fault of ours, for the log. */
  fault(error: unknown): void;
}
