/*
 * Reads the fields of a document that jobDocument() wrote, without a look at what stands inside args and custom: these may be 8 MB or
 * have 700,000 members, and they were checked when the job was pushed.
 */
import { defaultRetry } from './job.ts';
import { parseJob } from './job-text.ts';
import { JsonScanner, stringEnd } from './json.ts';

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

/** Reads a stored document. One that is not laid out as jobDocument() does is read as a pushed one. */
export function storedJob(document: string): StoredJob {
  const head = RETRY.exec(document);
  if (!head) return asPushed(document);
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
  text('queue');
  const jobtype = text('jobtype');
  PRIORITY.lastIndex = at;
  if (PRIORITY.test(document)) at = PRIORITY.lastIndex;
  const createdAt = text('created_at');
  text('at');
  if (jid === undefined || jobtype === undefined || createdAt === undefined) return asPushed(document);
  if (!document.startsWith(argsKey, at)) return asPushed(document);
  // Behind args there are only numbers.
  const args = document.slice(at + argsKey.length, document.lastIndexOf(']') + 1);
  return { retry: Number(head[1]), custom, jid, jobtype, createdAt, args };
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
