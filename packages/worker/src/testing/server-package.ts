/**
 * Imports the server package when it is installed. Never at the top of a file, because programs
 * that use only the fake client need no server.
 *
 * Note: the CommonJS build makes a `require` of this `import()`, because Jest cannot import from
 * CommonJS.
 */

import { FaktoryError } from '@faktory-ts/protocol';

type ServerPackage = typeof import('@faktory-ts/server');

/**
 * Returns the server package.
 *
 * @throws FaktoryError `CONFIG` when it is not installed.
 */
export async function serverPackage(
  load: () => Promise<ServerPackage> = () => import('@faktory-ts/server'),
): Promise<ServerPackage> {
  try {
    return await load();
  } catch (cause) {
    throw explained(cause);
  }
}

function explained(cause: unknown): unknown {
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  // Another module that the server package needs may be missing: pass that error on unchanged.
  if (!code.endsWith('MODULE_NOT_FOUND') || !message.includes('@faktory-ts/server')) return cause;
  const text =
    'a test server needs the package @faktory-ts/server: npm install --save-dev @faktory-ts/server';
  return new FaktoryError('CONFIG', text, { cause });
}
