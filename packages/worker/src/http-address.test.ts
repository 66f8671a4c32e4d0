import { expect, test } from 'vitest';
import { httpAddress } from './http-address.ts';

test.each([
  [8080, '127.0.0.1', 8080],
  ['8080', '127.0.0.1', 8080],
  ['0.0.0.0:0', '0.0.0.0', 0],
  ['worker.local:65535', 'worker.local', 65_535],
  ['[::]:80', '::', 80],
])('%s is %s port %i', (given, host, port) => {
  expect(httpAddress(given)).toEqual({ host, port });
});

test.each(['', 'x', ':80', '65536', '::1:80', '[::1]', 'a:b:80', -1, 1.5, '80 '])(
  '%j is no address',
  (given) => {
    expect(() => httpAddress(given)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  },
);
