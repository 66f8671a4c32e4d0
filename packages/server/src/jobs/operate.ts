/**
 * JOBS, CHANGE, UNDO and WORKERS: searches for jobs in bites, and changes the jobs of a bite in one
 * commit.
 *
 * A caller repeats a change until there is no cursor. This ends although the search may find a
 * changed job again in its new place: the engine leaves a job that is in the wanted state.
 */
import { editedDocument, formatTime, type JobChange, type JobSearch, jobtypeOf } from '@faktory-ts/protocol';
import type { EntryChange, Finder, Found, FoundBite, Progress, UndoLabel, Undone } from '../engine/engine.ts';
import { pageParts } from '../rounds.ts';
import { DEAD_FOR } from './fail.ts';

// Jobs in one commit of a change: some ms, in which other clients wait.
const MOST_CHANGED = 500;
const MOST_EDITED_LENGTH = 1024 * 1024; // characters
const MOST_RUNNING = 10_000;

/** Changes the jobs of one bite; returns how many, and the cursor of the next bite. */
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

/** Undoes one bite of a change. */
export function undo(finder: Finder, name: string): Promise<Undone> {
  return finder.undo(name, MOST_CHANGED);
}

/** The change as a text for operators. */
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

/** The documents with new values. Lets other operations run after each megabyte. */
async function edited(
  jobs: readonly Found[],
  values: { queue: string } | { priority: number },
): Promise<string[]> {
  const documents: string[] = [];
  let length = 0;
  for (const { document } of jobs) {
    if (length > MOST_EDITED_LENGTH) {
      await pageParts.next();
      length = 0;
    }
    documents.push(editedDocument(document, values));
    length += document.length;
  }
  return documents;
}

/** A reserved job without its document: thousands of documents would fill the memory. */
export type Running = Pick<Found, 'jid' | 'queue' | 'wid' | 'at' | 'expiresAt'> & {
  readonly jobtype: string;
};

/** Working jobs, the longest-running first; of very many only a part. */
export async function running(finder: Finder, signal: AbortSignal): Promise<readonly Running[]> {
  const search: JobSearch = { places: ['working'] };
  const found: Running[] = [];
  let bite: FoundBite | undefined;
  do {
    bite = await finder.find(search, { cursor: bite?.next, limit: 1000, lean: true }, signal);
    for (const { jid, queue, wid = '', at, expiresAt, document } of bite.jobs)
      found.push({ jid, queue, wid, at, expiresAt, jobtype: jobtypeOf(document) });
  } while (bite.next !== undefined && found.length < MOST_RUNNING);
  return found.sort((a, b) => a.at - b.at);
}
