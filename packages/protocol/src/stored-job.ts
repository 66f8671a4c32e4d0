/**
 * Parses a document that jobDocument() wrote, without parsing args and custom: they may have 8 MB
 * or 700,000 members, and were checked when the job was pushed.
 */
import { defaultRetry } from './job.ts';
import { parseJob } from './job-text.ts';
import { JsonScanner, jsonString, stringEnd } from './json.ts';

/**
 * The fields of a stored document. Texts are values; `args` and `custom` are JSON as the client
 * wrote it.
 */
export interface StoredJob {
  readonly retry: number;
  readonly custom: string | undefined;
  readonly jid: string;
  readonly jobtype: string;
  readonly createdAt: string;
  readonly args: string;
}

const RETRY = /^\{"retry":(-?\d+)/;
const PRIORITY = /,"priority":\d+/y;
const argsKey = ',"args":';
const customKey = ',"custom":';

/** Positions of the fields before the arguments. */
interface Layout {
  readonly retry: number;
  readonly custom: string | undefined;
  readonly jid: string;
  readonly jobtype: string;
  readonly createdAt: string;
  /** The queue's text with its quotes. */
  readonly queueAt: number;
  readonly queueEnd: number;
  /** The priority with its comma and key; both positions are equal when there is none. */
  readonly priorityAt: number;
  readonly priorityEnd: number;
  readonly argsAt: number;
}

/** Undefined when the document does not have the layout of jobDocument(). */
function layoutOf(document: string): Layout | undefined {
  const head = RETRY.exec(document);
  if (!head) return undefined;
  const customAt = head[0].length + customKey.length;
  const hasCustom = document.startsWith(customKey, head[0].length);
  let at = hasCustom ? new JsonScanner(document).value(customAt) : head[0].length;
  const custom = hasCustom ? document.slice(customAt, at) : undefined;
  const text = (key: string): string | undefined => {
    if (!document.startsWith(`,"${key}":"`, at)) return undefined;
    const start = at + key.length + 4;
    at = stringEnd(document, start);
    const json = document.slice(start, at);
    return json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1);
  };
  const jid = text('jid');
  const queueAt = at + ',"queue":'.length;
  const queue = text('queue');
  const queueEnd = at;
  const jobtype = text('jobtype');
  const priorityAt = at;
  PRIORITY.lastIndex = at;
  if (PRIORITY.test(document)) at = PRIORITY.lastIndex;
  const priorityEnd = at;
  const createdAt = text('created_at');
  text('at');
  if (jid === undefined || queue === undefined || jobtype === undefined || createdAt === undefined)
    return undefined;
  if (!document.startsWith(argsKey, at)) return undefined;
  const argsAt = at + argsKey.length;
  return {
    retry: Number(head[1]),
    custom,
    jid,
    jobtype,
    createdAt,
    queueAt,
    queueEnd,
    priorityAt,
    priorityEnd,
    argsAt,
  };
}

/** Parses a stored document. One with another layout is parsed like a pushed job. */
export function storedJob(document: string): StoredJob {
  const layout = layoutOf(document);
  if (layout === undefined) return asPushed(document);
  const { retry, custom, jid, jobtype, createdAt, argsAt } = layout;
  // Only numbers follow args.
  const args = document.slice(argsAt, document.lastIndexOf(']') + 1);
  return { retry, custom, jid, jobtype, createdAt, args };
}

/**
 * The document with a new queue or priority; undefined when it does not have the layout of
 * jobDocument().
 */
export function withField(
  document: string,
  edit: { queue: string } | { priority: number },
): string | undefined {
  const layout = layoutOf(document);
  if (layout === undefined) return undefined;
  const { queueAt, queueEnd, priorityAt, priorityEnd } = layout;
  if ('queue' in edit)
    return `${document.slice(0, queueAt)}${jsonString(edit.queue)}${document.slice(queueEnd)}`;
  return `${document.slice(0, priorityAt)},"priority":${edit.priority}${document.slice(priorityEnd)}`;
}

/** The number of retries of a stored job. */
export function retryOf(document: string): number {
  const head = RETRY.exec(document);
  return head ? Number(head[1]) : storedJob(document).retry;
}

function asPushed(document: string): StoredJob {
  const { retry = defaultRetry, custom, jid, jobtype, createdAt = '', args } = parseJob(document);
  return { retry, custom, jid, jobtype, createdAt, args };
}
