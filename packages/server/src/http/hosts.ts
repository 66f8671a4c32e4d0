/**
 * By which names browsers may open this server where there is no password. A page of another site can let its own name lead here (DNS
 * rebinding) and would then read and change everything; only the Host header tells, and a browser lets no page choose that.
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { FaktoryError } from '@faktory-ts/protocol';

export class Hosts {
  readonly #names: ReadonlySet<string>;

  /** `bound` is the name it listens on, as it was configured. */
  constructor(bound: string, configured: readonly string[]) {
    const names = ['localhost', bound, hostname(), ...configured];
    this.#names = new Set(names.filter((name) => name !== '').map((name) => name.toLowerCase()));
  }

  /** Throws FORBIDDEN for a Host header that names another server. No site can have an address as its name, so addresses may come. */
  check(header: string | undefined): void {
    if (header === undefined) return; // no browser
    const host = header.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
    const isAddress = isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0;
    if (isAddress || this.#names.has(host) || host.endsWith('.localhost')) return;
    const name = JSON.stringify(host.slice(0, 100));
    const ways = 'open it by localhost or its address, add the name to [web] hosts, or set a password';
    throw new FaktoryError(
      'FORBIDDEN',
      `the server has no password and does not know the name ${name}: ${ways}`,
    );
  }
}
