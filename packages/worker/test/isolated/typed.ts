// Handlers in TypeScript, several in one module, for tests.
import type { JobContext } from '../../src/context.ts';

enum Size {
  Small = 'small',
}

export default {
  Resize: class {
    run(_context: JobContext, name: string): never {
      throw new Error(`${Size.Small} ${name}`);
    }
  },
  Settings: {
    run: (_context: JobContext): never => {
      throw new Error('from settings');
    },
    timeout: 5,
  },
};

export const Named = (): never => {
  throw new Error('from a name');
};

export function run(): never {
  throw new Error('from run');
}
