/**
 * Which proxies are believed when they say for whom they ask: failed logins slow that address down, and the audit log tells it. It must
 * never believe anybody else: an address that one may choose for oneself slows nobody down.
 */
import { BlockList, isIP } from 'node:net';
import { FaktoryError } from '@faktory-ts/protocol';

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

export class Proxies {
  readonly #list = new BlockList();

  /** Addresses, and blocks such as `10.0.0.0/8`. Throws CONFIG. */
  constructor(addresses: readonly string[]) {
    for (const given of addresses) {
      const [address = '', bits, ...more] = given.split('/');
      const whole = family(address) === 'ipv4' ? 32 : 128;
      const prefix = bits === undefined ? whole : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
      if (isIP(address) === 0 || prefix < 0 || prefix > whole || more.length > 0)
        throw new FaktoryError(
          'CONFIG',
          `http.proxies: "${given}" cannot be a proxy; write its address, as 10.0.0.7, or a block, as 10.0.0.0/8`,
        );
      this.#list.addSubnet(address, prefix, family(address));
    }
  }

  readonly trusts = (address: string): boolean =>
    isIP(address) !== 0 && this.#list.check(address, family(address));

  /** Where a request comes from: the nearest address that is no proxy of ours, as each told of the one before it. */
  from(address: string, forwarded: string | string[] | undefined): string {
    const told = String(forwarded ?? '').split(',');
    let from = address;
    while (this.trusts(from)) {
      const before = told.pop()?.trim();
      if (!before) break;
      from = before;
    }
    return from;
  }
}
