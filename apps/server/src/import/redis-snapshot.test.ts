import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { redisAddress } from './redis-address.ts';
import { takeSnapshot } from './redis-snapshot.ts';

test('a Redis that does not answer the TLS handshake is an error after the limit, which asks whether it has TLS', async () => {
  const deaf = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await new Promise((resolve) => deaf.once('listening', resolve));
  const address = redisAddress(`rediss://127.0.0.1:${(deaf.address() as AddressInfo).port}`);
  try {
    await expect(
      takeSnapshot(address, new AbortController().signal, () => undefined, 50),
    ).rejects.toMatchObject({ code: 'TLS', message: expect.stringContaining('does it speak TLS?') });
  } finally {
    deaf.close();
  }
});
