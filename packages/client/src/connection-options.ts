/* What a connection may be told, and which errors of a dial do not pass by themselves. */

import type { FaktoryError } from '@faktory-ts/protocol';
import type { LinkOptions } from './link.ts';
import type { Producer } from './numbered.ts';
import type { ServerAddress } from './url.ts';

/** What a {@link Connection} is made with. */
export interface ConnectionOptions extends Omit<LinkOptions, 'silence' | 'address'> {
  /** The servers in the order in which they are tried; a dial that fails moves on, and after the last comes the first. */
  addresses: readonly ServerAddress[];
  /** Names the pushes of this connection to a server with our extensions: none is lost or doubled. Default: none. */
  producer?: Producer | undefined;
  /** Most calls that wait while the server is away; more are refused with `LIMIT`. Default 10,000. */
  maxWaiting?: number | undefined;
  /** Milliseconds a call waits for its reply, and the server may be silent while it owes one. Default 5000. */
  timeout?: number | undefined;
  /** Milliseconds without a call after which the socket is closed; the next call dials again. Default: never. */
  idleTimeout?: number | undefined;
  /** The server took the HELLO. Must not throw. */
  onUp?: (() => void) | undefined;
  /** A dial failed or the connection broke; a new dial follows when a call waits. Must not throw. */
  onDown?: ((error: FaktoryError) => void) | undefined;
}

const lasting: ReadonlySet<string> = new Set(['AUTH', 'TLS', 'FORBIDDEN', 'PROTOCOL', 'CONFIG']);

/** Whether what was said while dialling does not pass by itself: the calls that wait are told at once, unless they outlast it. */
export const isLasting = ({ code }: FaktoryError): boolean => lasting.has(code);
