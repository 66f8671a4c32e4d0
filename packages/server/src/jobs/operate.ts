/**
 * What JOBS, CHANGE, UNDO and WORKERS mean: looking for jobs a bite at a time, and changing what a bite finds in one commit.
 *
 * A changed job is never changed a second time by the same search, also when it is met again where it went: the engine leaves what
 * is as it should be. So a change that is asked for until there is no cursor ends.
 */
import { setImmediate } from 'node:timers/promises';
import { editedDocument, formatTime, type JobChange, type JobSearch } from '@faktory-ts/protocol';
import type { EntryChange, Finder, Found, FoundBite, Progress, UndoLabel, Undone } from '../engine/engine.ts';
import { DEAD_FOR } from './fail.ts';

// Most jobs that one CHANGE takes in its commit: some ms, in which the other clients wait.
const MOST_CHANGED = 500;
const MOST_EDITED_LENGTH = 1024 * 1024; // characters
const MOST_RUNNING = 10_000;

/** Changes the jobs of one bite; says how many, and where to go on. */
export async function change(
  finder: Finder,
  { search, cursor, change: action, undo: name }: JobChange,
  signal: AbortSignal,
  who?: string,
): Promise<Progress & { changed: number }> {
  const label: UndoLabel | undefined =
    name === undefined ? undefined : { name, who, action: actionText(action) };
  const { jobs, ...progress } = await finder.find(
    search,
    { cursor, limit: MOST_CHANGED, lean: true },
    signal,
  );
  const names = jobs.map(({ entry }) => entry);
  if (names.length === 0) return { changed: 0, ...progress };
  const changed = await finder.change(names, await entryChange(action, jobs), label);
  return { changed: changed.filter(Boolean).length, ...progress };
}

/** Undoes a bite of a change. */
export function undo(finder: Finder, name: string): Promise<Undone> {
  return finder.undo(name, MOST_CHANGED);
}

/** What people are told that a change does. */
function actionText(change: JobChange['change']): string {
  switch (change.action) {
    case 'schedule':
      return `schedule for ${formatTime(change.at)}`;
    case 'move':
      return `move to ${change.queue}`;
    case 'prioritize':
      return `priority ${change.priority}`;
    default:
      return change.action;
  }
}

async function entryChange(action: JobChange['change'], jobs: readonly Found[]): Promise<EntryChange> {
  switch (action.action) {
    case 'discard':
    case 'requeue':
      return { do: action.action };
    case 'kill':
      return { do: 'kill', deadFor: DEAD_FOR, spareDead: !action.evict };
    case 'schedule':
      return { do: 'schedule', at: action.at };
    case 'move': {
      const { queue } = action;
      return { do: 'move', queue, documents: await edited(jobs, { queue }) };
    }
    case 'prioritize': {
      const { priority } = action;
      return { do: 'prioritize', priority, documents: await edited(jobs, { priority }) };
    }
  }
}

/** The documents with other values; others are served between megabytes. */
async function edited(
  jobs: readonly Found[],
  values: { queue: string } | { priority: number },
): Promise<string[]> {
  const documents: string[] = [];
  let length = 0;
  for (const { document } of jobs) {
    if (length > MOST_EDITED_LENGTH) {
      await setImmediate();
      length = 0;
    }
    documents.push(editedDocument(document, values));
    length += document.length;
  }
  return documents;
}

/** What workers have in hand, the longest first; of very much only a part. */
export async function running(finder: Finder, signal: AbortSignal): Promise<readonly Found[]> {
  const search: JobSearch = { places: ['working'] };
  const found: Found[] = [];
  let bite: FoundBite | undefined;
  do {
    bite = await finder.find(search, { cursor: bite?.next, limit: 1000, lean: true }, signal);
    found.push(...bite.jobs);
  } while (bite.next !== undefined && found.length < MOST_RUNNING);
  return found.sort((a, b) => a.at - b.at);
}
