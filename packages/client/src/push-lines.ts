/**
 * Cuts the jobs of a bulk into lines by their bytes, and learns how long a line the server accepts.
 *
 * Note: a job that is too long by itself is refused alone; the other jobs of its line are pushed.
 */

import { FaktoryError, type Job, write } from '@faktory-ts/protocol';
import { BulkError, type PushResult, unsent } from './bulk.ts';
import { isTooLong } from './delivery/refused.ts';
import { featureKeys, MissingFeature } from './features.ts';
import { refuseLossy } from './lossless.ts';
import type { Refusals } from './push-middleware.ts';

/** A job and its text in the line. */
interface JobText {
  jid: string;
  text: string;
  bytes: number;
}

/** Sends one line with these jobs. */
type SendLine = (line: string, jobs: readonly Job[]) => Promise<Refusals>;

const longest = 1024 * 1024; // bytes; a longer line is no faster, and delays the lines after it

export class PushLines {
  readonly #send: SendLine;
  #most = longest;

  constructor(send: SendLine) {
    this.#send = send;
  }

  /**
   * Sends the jobs, one line after the other; returns the refused ones.
   *
   * @param changed a middleware may have changed the jobs after they were checked
   * @throws BulkError when a line failed and other jobs were pushed, otherwise the line's error.
   */
  async send(jobs: readonly Job[], changed: boolean): Promise<Refusals> {
    const refusals = new Map<string, FaktoryError>();
    const texts = textsOf(jobs, changed, refusals);
    const byJid = new Map(jobs.map((job) => [job.jid, job]));
    for (let from = 0; from < texts.length; ) {
      const part = this.#part(texts, from);
      try {
        const inLine = part.map(({ jid }) => byJid.get(jid) as Job);
        const refused = await this.#send(`PUSHB [${part.map(({ text }) => text).join(',')}]\r\n`, inLine);
        for (const [jid, error] of refused) refusals.set(jid, error);
      } catch (error) {
        if (error instanceof MissingFeature) {
          const left = part.filter(({ jid }) => !needsOneOf(byJid.get(jid), error.keys));
          for (const { jid } of part) if (needsOneOf(byJid.get(jid), error.keys)) refusals.set(jid, error);
          texts.splice(from, part.length, ...left);
          continue;
        }
        if (!(error instanceof FaktoryError && isTooLong(error)))
          throw ended(error, texts, refusals, from, part);
        if (part.length > 1) {
          this.#most = Math.floor(part.reduce((sum, { bytes }) => sum + bytes, 0) / 2);
          continue;
        }
        refusals.set((part[0] as JobText).jid, error);
      }
      from += part.length;
    }
    return refusals;
  }

  /** The next jobs that fit into a line, at least one. */
  #part(texts: readonly JobText[], from: number): readonly JobText[] {
    let to = from;
    for (let bytes = 0; to < texts.length; to++) {
      bytes += (texts[to] as JobText).bytes;
      if (to > from && bytes > this.#most) break;
    }
    return texts.slice(from, to);
  }
}

function needsOneOf(job: Job | undefined, keys: readonly string[]): boolean {
  return featureKeys(job?.custom)?.some((key) => keys.includes(key)) ?? false;
}

function textsOf(jobs: readonly Job[], changed: boolean, refusals: Map<string, FaktoryError>): JobText[] {
  const texts: JobText[] = [];
  for (const job of jobs) {
    try {
      if (changed) refuseLossy(job);
      const text = write.push(job).slice('PUSH '.length, -2);
      texts.push({ jid: job.jid, text, bytes: Buffer.byteLength(text) + 1 });
    } catch (error) {
      if (!(error instanceof FaktoryError)) throw error;
      refusals.set(job.jid, error);
    }
  }
  return texts;
}

/**
 * The error when the line of `part` failed: the jobs before it were pushed, those after it were not
 * sent.
 */
function ended(
  error: unknown,
  texts: readonly JobText[],
  refusals: Refusals,
  from: number,
  part: readonly JobText[],
): unknown {
  if (part.length === texts.length && refusals.size === 0) return error;
  const cause =
    error instanceof FaktoryError ? error : new FaktoryError('ERR', String(error), { cause: error });
  const results: PushResult[] = [...refusals].map(([jid, why]) => ({ jid, error: why }));
  for (const [at, { jid }] of texts.entries()) {
    if (refusals.has(jid)) continue;
    if (at < from) results.push({ jid });
    else results.push({ jid, error: at < from + part.length ? cause : unsent() });
  }
  return new BulkError(cause, results);
}
