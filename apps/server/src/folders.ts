/* Where configuration and jobs are when nothing else is said. Loaded by commands, so it must stay small. */
import { join } from 'node:path';

/** Where configuration and jobs are when nothing else is said. */
export function usualFolders(
  environment: string,
  home: () => string,
): { readonly config: string; readonly data: string } {
  if (environment !== 'development') return { config: '/etc/faktory', data: '/var/lib/faktory/db' };
  const own = join(home(), '.faktory');
  return { config: own, data: join(own, 'db') };
}
