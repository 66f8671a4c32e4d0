/**
 * The program that the crash test kills: a server in the folder it is told, with every commit synced. It says its port
 * when it is ready, and ends by itself only when its parent is gone.
 */
import { createServer } from '../src/index.ts';

const server = createServer({ dir: process.argv[2] ?? '', sync: 'full' });
process.stdin.on('end', () => process.exit(1)).resume();
await server.start();
process.stdout.write(`ready ${server.port}\n`);
