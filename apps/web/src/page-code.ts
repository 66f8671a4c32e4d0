/**
 * Loads the code of the pages; each page is a file of its own. The first page loads at once, the
 * others a little later.
 *
 * Note: main.tsx must import this file first. Imports before it run before it, which delays the
 * page’s code by a third of a second on a slow machine.
 */
import { type ComponentType, lazy } from 'react';

/** The code of one page. */
export interface PageCode<Props> {
  readonly load: () => Promise<unknown>;
  /** The page; until its code is loaded, a placeholder. */
  readonly now: () => ComponentType<Props>;
}

function code<Props>(get: () => Promise<{ default: ComponentType<Props> }>): PageCode<Props> {
  let here: ComponentType<Props> | undefined;
  const load = async (): Promise<{ default: ComponentType<Props> }> => {
    const module = await get();
    here = module.default;
    return module;
  };
  // Note: `lazy` shows its fallback even when the code is already here, and React keeps a fallback
  // on the screen for 300 ms. So `now` returns the loaded page itself.
  const later = lazy(load) as ComponentType<Props>;
  return { load, now: () => here ?? later };
}

/** The code of every page. */
export const pageCode = {
  overview: code(() => import('./pages/overview.tsx')),
  queues: code(() => import('./pages/queues.tsx')),
  queue: code(() => import('./pages/queue.tsx')),
  jobs: code(() => import('./pages/jobs.tsx')),
  job: code(() => import('./pages/job.tsx')),
  errors: code(() => import('./pages/errors.tsx')),
  workers: code(() => import('./pages/workers.tsx')),
  push: code(() => import('./pages/push.tsx')),
  settings: code(() => import('./pages/settings.tsx')),
  login: code(() => import('./pages/login.tsx')),
};

/** The page of each address below <base>; `*` stands for a name. */
const pageAt: Readonly<Record<string, keyof typeof pageCode>> = {
  '': 'overview',
  queues: 'queues',
  'queues/*': 'queue',
  jobs: 'jobs',
  'jobs/*': 'job',
  errors: 'errors',
  workers: 'workers',
  push: 'push',
  about: 'settings',
};

// A failure here is ignored: the page loads its code again, and shows the failure, when it is
// visited.
const quietly = async (page: Pick<PageCode<never>, 'load'> | undefined): Promise<void> => {
  await page?.load().catch(() => undefined);
};
const [first = '', name] = location.pathname.slice(new URL(document.baseURI).pathname.length).split('/');
const page = pageAt[name ? `${first}/*` : first];

/** Resolves when the first page's code is loaded or has failed to load. */
export const firstPage: Promise<void> = quietly(page && pageCode[page]);

/** Loads the code of the other pages, so that they open at once. */
export function loadOthers(): void {
  for (const each of Object.values(pageCode)) void quietly(each);
}
