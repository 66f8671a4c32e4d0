/*
 * Where the server comes from: its package, when it is installed.
 * It must never be imported at the top of a file: programs that only use the fake client need no server. A stranger would get wrong
 * that the CommonJS build makes a `require` of this `import()`: Jest lets CommonJS import nothing.
 */

import { FaktoryError } from '@faktory-ts/protocol';

type ServerPackage = typeof import('@faktory-ts/server');

/**
 * The server package.
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
  // Something else that the server package needs may be missing: that text must come through as it is.
  if (!code.endsWith('MODULE_NOT_FOUND') || !message.includes('@faktory-ts/server')) return cause;
  const text =
    'a test server needs the package @faktory-ts/server: npm install --save-dev @faktory-ts/server';
  return new FaktoryError('CONFIG', text, { cause });
}
