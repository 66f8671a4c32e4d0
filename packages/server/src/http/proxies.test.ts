import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Proxies } from './proxies.ts';

const proxies = new Proxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

test.each([
  ['192.0.2.1', '6.6.6.6', '192.0.2.1'],
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.1', '', '127.0.0.1'],
  ['127.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['127.0.0.1', '6.6.6.6, 192.0.2.1', '192.0.2.1'],
  ['127.0.0.1', '6.6.6.6, 192.0.2.1, 10.1.2.3', '192.0.2.1'],
  ['::ffff:127.0.0.1', '2001:db8::1', '2001:db8::1'],
  ['fd00::1', '192.0.2.1,10.0.0.1', '192.0.2.1'],
  ['127.0.0.1', 'unknown', 'unknown'],
])('from %s with X-Forwarded-For %s a request comes from %s', (address, forwarded, from) => {
  expect(proxies.from(address, forwarded)).toBe(from);
});

test('nobody is believed where no proxy is named', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), fc.string(), (address, forwarded) => {
      expect(new Proxies([]).from(address, forwarded)).toBe(address);
    }),
  );
});

test.each(['localhost', '10.0.0.0/33', 'fd00::/129', '10.0.0.1/', '10.0.0.1/8/8', '10.0.0.1/x', ''])(
  '%s is refused as a proxy, with what to write',
  (given) => {
    expect(() => new Proxies([given])).toThrow(/write its address, as 10\.0\.0\.7/);
  },
);
