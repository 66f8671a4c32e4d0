import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { endAll, faktory, free, freshFolder } from './program.ts';

const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await endAll();
});

it.skipIf(process.platform === 'win32')(
  'a server without a free file descriptor logs that, and continues when there are some again',
  async () => {
    const few = ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'];
    const server = faktory([...free, '-d', freshFolder()], {}, few);
    const port = await server.port();
    for (let n = 0; n < 64; n++) sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
    await server.says(/no file descriptor is free, so new connections are closed; raise the limit/);
    for (const socket of sockets) socket.destroy();
    await server.says(/file descriptors are free again/);
  },
);

it.skipIf(process.platform === 'win32')(
  'doctor times the disk with 64 KiB that it overwrites, so it fills no disk',
  async () => {
    const short = ['bash', '-c', 'ulimit -f 100; exec "$@"', 'bash']; // KiB of a file
    const doctor = faktory(['doctor', '-d', freshFolder()], {}, short);
    await doctor.ended;
    expect(doctor.out).toMatch(/(?:ok|warn) +disk +[\d,]+ syncs a second/);
  },
);
