/**
 * Parses an address to listen on, as typed for -b and -w: HOST:PORT, `:7419` for all interfaces,
 * `[::1]:7419`. The text is stored as typed, because programs wait for "listening at :7419" in the
 * log. Names are resolved later, when the server listens.
 */
import { isIPv6 } from 'node:net';
import { FaktoryError } from '@faktory-ts/protocol';

/** Where to listen. */
export interface Binding {
  /** As typed. */
  readonly text: string;
  /** Name or address without brackets; empty means all interfaces. */
  readonly host: string;
  /** 0 means a free port. */
  readonly port: number;
}

const shape = /^(?:\[(?<six>[^\]]*)\]|(?<name>[^:[\]\s]*)):(?<port>\d+)$/;

/** Parses one address; `source` says where it was written, for the error. Throws CONFIG. */
export function parseBinding(text: string, source: string): Binding {
  const parts = shape.exec(text)?.groups;
  if (!parts) {
    const example = 'localhost:7419, [::1]:7419, or :7419 for all interfaces';
    throw new FaktoryError(
      'CONFIG',
      `${source}: "${text}" is not an address; write HOST:PORT, for example ${example}`,
    );
  }
  const port = Number(parts.port);
  if (port > 65_535) {
    throw new FaktoryError('CONFIG', `${source}: there is no port ${parts.port}; choose one from 0 to 65535`);
  }
  if (parts.six && !isIPv6(parts.six)) {
    const hint = 'brackets are for these only, for example [::1]:7419';
    throw new FaktoryError('CONFIG', `${source}: "${parts.six}" is not an IPv6 address; ${hint}`);
  }
  return { text, host: parts.six ?? parts.name ?? '', port };
}
