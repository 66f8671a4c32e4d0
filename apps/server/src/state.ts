/**
 * The state dump for signal TTIN: open resources, memory and INFO. It never fails and stops
 * nothing, because operators use it on a server that behaves strangely.
 */
import type { Logger, Server } from '@faktory-ts/server';

/** Logs the dump as warnings, so that it is visible at every log level. */
export async function dumpState(server: Server, log: Logger): Promise<void> {
  const open: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) open[kind] = (open[kind] ?? 0) + 1;
  const { rss, heapUsed } = process.memoryUsage();
  const uptime = Math.round(process.uptime());
  log.warn(`state of process ${process.pid}`, { uptime, rss, heapUsed, open });
  try {
    log.warn('state from INFO', { info: await server.info() });
  } catch (error) {
    log.warn('INFO failed', { error });
  }
}
