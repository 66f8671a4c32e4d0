/** The options of a connection, and which errors of a dial are permanent. */

import type { FaktoryError } from '@faktory-ts/protocol';
import type { LinkOptions } from './link.ts';
import type { Producer } from './numbered.ts';
import type { ServerAddress } from './url.ts';

/** Options of a {@link Connection}. */
export interface ConnectionOptions extends Omit<LinkOptions, 'silence' | 'address'> {
  /**
   * The servers in the order in which they are tried. After a failed dial the next one is tried,
   * after the last the first.
   */
  addresses: readonly ServerAddress[];
  /**
   * Names this connection's pushes for a server with our extensions, so that none is lost or
   * doubled. Default: none.
   */
  producer?: Producer | undefined;
  /**
   * Maximum number of calls that wait while the server cannot be reached; further ones are refused
   * with `LIMIT`. Default 10,000.
   */
  maxWaiting?: number | undefined;
  /**
   * Milliseconds that a call waits for its reply, and that the server may be silent while a reply
   * is due. Default 5000.
   */
  timeout?: number | undefined;
  /**
   * Milliseconds without a call after which the socket is closed; the next call dials again.
   * Default: never.
   */
  idleTimeout?: number | undefined;
  /** Called when the server accepted the HELLO. Must not throw. */
  onUp?: (() => void) | undefined;
  /**
   * Called when a dial failed or the connection broke; the connection dials again when a call
   * waits. Must not throw.
   */
  onDown?: ((error: FaktoryError) => void) | undefined;
}

const lasting: ReadonlySet<string> = new Set(['AUTH', 'TLS', 'FORBIDDEN', 'PROTOCOL', 'CONFIG']);

/**
 * Whether an error of a dial is permanent: waiting calls are then rejected at once, unless they
 * have `outlast`.
 */
export const isLasting = ({ code }: FaktoryError): boolean => lasting.has(code);
