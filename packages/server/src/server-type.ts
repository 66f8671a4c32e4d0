/**
 * What a program that embeds the server may do with it. Types only.
 */
import type { Info, Micros } from '@faktory-ts/protocol';
import type { TimedPlace } from './jobs/jobs.ts';
import type { ServerOptions } from './options.ts';

/** A server that was made by `createServer`. */
export interface Server {
  /** The command port; known once started. */
  readonly port: number;
  /** The HTTP port; undefined when HTTP is off. */
  readonly httpPort: number | undefined;
  /** Where clients connect, with the first password when there is one. Known once started. */
  readonly url: string;
  /** The data folder. */
  readonly dir: string;
  /**
   * Opens the data folder and listens. Rejects with a FaktoryError: LOCKED when another process holds the folder,
   * STORAGE when it cannot be used, LISTEN when an address cannot be had.
   */
  start(): Promise<void>;
  /**
   * Checks that `start` can listen; ports of `except`, as those of a server that is to stop, may be in use. Rejects with LISTEN.
   */
  checkAddresses(except?: readonly number[]): Promise<void>;
  /**
   * Changes what needs no restart; connections stay. What is left out stays as it is. Rejects with a FaktoryError and changes
   * nothing: CONFIG for what makes no sense or would need a restart, STORAGE when tokens.json cannot be read, LISTEN when HTTP cannot move to the new address.
   */
  reload(changes: Reloadable): Promise<void>;
  /** Finishes what runs, commits and closes. Safe to call twice. */
  stop(): Promise<void>;
  /** What INFO answers. */
  info(): Promise<Info>;
  /** When the earliest entry of a place is due, in microseconds since 1970; undefined = the place is empty. */
  nextDue(place: TimedPlace): Promise<Micros | undefined>;
}

/** Options that `reload` takes: passwords, the TLS pair (not whether there is one), and where HTTP listens. */
export type Reloadable = {
  readonly [Name in 'password' | 'webPassword' | 'tls' | 'http']?: ServerOptions[Name] | undefined;
};
