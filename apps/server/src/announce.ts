/**
 * Prints and logs the start of the program: the banner, addresses and folders, and the readiness
 * line.
 *
 * Note: the readiness line `PID N listening at BINDING, press Ctrl-C to stop` (BINDING as typed) is
 * a promise, because test containers of other projects wait for it on standard output.
 * Note: server.url is never printed, because it holds the password.
 */
import { type Logger, type Server, TokenFile } from '@faktory-ts/server';
import type { Binding } from './binding.ts';
import type { Config, SyncMode } from './config.ts';

export const name = 'faktory-ts';

/** Two lines that are printed first. */
export function banner(version: string): string {
  return `${name} ${version}: a job server that speaks the Faktory Work Protocol\nMIT licence\n`;
}

const mayLose: Readonly<Record<Exclude<SyncMode, 'full'>, string>> = {
  relaxed: 'a power cut may lose the last second of accepted jobs and acknowledgements',
  off: 'a power cut may lose any accepted jobs and acknowledgements that the system has not written yet',
};

/** Logs the facts about the server that has just started; the readiness line comes last. */
export function announce(config: Config, server: Server, version: string, log: Logger): void {
  const { environment, binding, web } = config;
  const { sync, password, tls, openToNetwork } = config.server;
  log.info(`${name} ${version} on Node ${process.version}, environment ${environment}`);
  log.info(`data in ${server.dir}`);
  if (sync === 'full') log.info('sync full: what is accepted is on disk before it is confirmed');
  else log.warn(`sync ${sync}: ${mayLose[sync]}; choose --sync full to lose nothing`);
  log.info(whoIsLetIn(password?.length === 0, new TokenFile(server.dir, 'start').list().length));
  if (openToNetwork && password?.length === 0)
    log.warn('no password is required (--skip-password): every client that reaches a port has all rights');
  if (tls) log.info(`TLS on both ports${tls.clientCa === undefined ? '' : '; clients need a certificate'}`);
  log.info(web ? `${tls ? 'https' : 'http'} at ${withPort(web, server.httpPort)}` : 'http is disabled');
  if (binding.port === 0) log.info(`port ${server.port} was free and is used for commands`);
  log.info(`PID ${process.pid} listening at ${binding.text}, press Ctrl-C to stop`);
}

/** Says what a client must prove. */
export function whoIsLetIn(open: boolean, tokens: number): string {
  if (tokens === 0) return open ? 'no password: every client is accepted' : 'clients need the password';
  const one = tokens === 1 ? 'the token of tokens.json' : `one of the ${tokens} tokens of tokens.json`;
  return open ? `no password: clients need ${one}` : `clients need the password or ${one}`;
}

function withPort({ text, port }: Binding, actual: number | undefined): string {
  return port === 0 ? text.replace(/\d+$/, String(actual)) : text;
}
