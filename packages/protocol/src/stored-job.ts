/*
 * Reads the fields of a document that jobDocument() wrote, without a look at what stands inside args and custom: these may be 8 MB or
 * have 700,000 members, and they were checked when the job was pushed.
 */
import { defaultRetry } from './job.ts';
import { parseJob } from './job-text.ts';
import { JsonScanner, jsonString, stringEnd } from './json.ts';

/** What a stored document says. Texts are values, `args` and `custom` are JSON as the client wrote it. */
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

/** Where the fields before the arguments stand. */
interface Layout {
  readonly retry: number;
  readonly custom: string | undefined;
  readonly jid: string;
  readonly jobtype: string;
  readonly createdAt: string;
  /** Of the queue's text, quotes included. */
  readonly queueAt: number;
  readonly queueEnd: number;
  /** Of the priority with its comma and key; both the same: there is none. */
  readonly priorityAt: number;
  readonly priorityEnd: number;
  readonly argsAt: number;
}

/** Undefined: the document is not laid out as jobDocument() does. */
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

/** Reads a stored document. One that is not laid out as jobDocument() does is read as a pushed one. */
export function storedJob(document: string): StoredJob {
  const layout = layoutOf(document);
  if (layout === undefined) return asPushed(document);
  const { retry, custom, jid, jobtype, createdAt, argsAt } = layout;
  // Behind args there are only numbers.
  const args = document.slice(argsAt, document.lastIndexOf(']') + 1);
  return { retry, custom, jid, jobtype, createdAt, args };
}

/** The document with another queue or priority; undefined when it is not laid out as jobDocument() does. */
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

/** How often a stored job is to be tried again. */
export function retryOf(document: string): number {
  const head = RETRY.exec(document);
  return head ? Number(head[1]) : storedJob(document).retry;
}

function asPushed(document: string): StoredJob {
  const { retry = defaultRetry, custom, jid, jobtype, createdAt = '', args } = parseJob(document);
  return { retry, custom, jid, jobtype, createdAt, args };
}
