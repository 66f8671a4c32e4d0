/**
 * The default folders of configuration and data. Commands load this file, so it must stay small.
 */
import { join } from 'node:path';

/** Returns the default folders of an environment. */
export function usualFolders(
  environment: string,
  home: () => string,
): { readonly config: string; readonly data: string } {
  if (environment !== 'development') return { config: '/etc/faktory', data: '/var/lib/faktory/db' };
  const own = join(home(), '.faktory');
  return { config: own, data: join(own, 'db') };
}
