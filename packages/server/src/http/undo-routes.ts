/** Changes of the last ten minutes, and taking one back: what UNDO does on the wire. */
import { formatTime, type UndoableChange, type Undone } from '@faktory-ts/protocol';
import type { Jobs } from '../jobs/jobs.ts';
import { type ApiRoute, object, text } from './routes.ts';

export function undoRoutes(jobs: Jobs): ApiRoute[] {
  const tags = ['jobs'];
  return [
    {
      method: 'GET',
      path: '/undo',
      schema: { summary: 'Changes of the last ten minutes that can be taken back.', tags },
      run: async (): Promise<{ changes: UndoableChange[] }> => ({
        changes: (await jobs.finder.undoable()).map(({ at, until, who, ...rest }) => ({
          ...rest,
          ...(who !== undefined && { who }),
          at: formatTime(at),
          until: formatTime(until),
        })),
      }),
    },
    {
      method: 'POST',
      path: '/undo',
      schema: {
        summary: 'Takes a change back, a bite at a time: ask again until `left` is 0.',
        tags,
        body: object({ name: text('Its `undo`.', 64) }, ['name']),
      },
      run: ({ body }): Promise<Undone> => jobs.undo((body as { name: string }).name),
    },
  ];
}
