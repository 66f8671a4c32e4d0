/*
 * The short state dump that signal TTIN asks for: what the process holds open, its memory, and INFO.
 * It must never fail or stop anything: it is what an operator asks of a server that behaves strangely.
 */
import type { Logger, Server } from '@faktory-ts/server';

/** Logs the dump, as warnings: who asks for it shall see it whatever the log level is. */
export async function dumpState(server: Server, log: Logger): Promise<void> {
  const open: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) open[kind] = (open[kind] ?? 0) + 1;
  const { rss, heapUsed } = process.memoryUsage();
  const uptime = Math.round(process.uptime());
  log.warn(`state of process ${process.pid}`, { uptime, rss, heapUsed, open });
  try {
    log.warn('state as INFO tells it', { info: await server.info() });
  } catch (error) {
    log.warn('INFO cannot be had', { error });
  }
}
