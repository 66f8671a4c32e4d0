/** The door of the server as a library. */
export type { Info } from '@faktory-ts/protocol';
export type { Logger } from './log.ts';
export type { ServerOptions } from './options.ts';
export { createServer, type Server } from './server.ts';
