/*
 * Where the server comes from: its package, when it is installed.
 * It must never be imported at the top of a file: programs that only use the fake client need no server. A stranger would get wrong
 * that the package is ES modules only, so `import()` it is, in the CommonJS build too.
 */

import { FaktoryError } from '@faktory-ts/protocol';

type ServerPackage = typeof import('@faktory-ts/server');

/**
 * The server package.
 *
 * @throws FaktoryError `CONFIG` when it is not installed, or the test framework does not let anybody import it.
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

const advice: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: 'npm install --save-dev @faktory-ts/server',
  MODULE_NOT_FOUND: 'npm install --save-dev @faktory-ts/server',
  ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG: 'run Jest with NODE_OPTIONS=--experimental-vm-modules',
};

function explained(cause: unknown): unknown {
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  const remedy = advice[code];
  // Something else that the server package needs may be missing: that text must come through as it is.
  if (remedy === undefined || (code.endsWith('MODULE_NOT_FOUND') && !message.includes('@faktory-ts/server')))
    return cause;
  return new FaktoryError('CONFIG', `a test server needs the package @faktory-ts/server: ${remedy}`, {
    cause,
  });
}
