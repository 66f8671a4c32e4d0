/*
 * A client whose `in` counts from the time of a test server.
 * It must never differ from the real one in anything else. A stranger would get wrong why it is needed: a client counts `in` from its
 * own clock, which is behind once the server's was moved; the job would be due at once.
 */

import {
  type AnyJobs,
  type BulkResult,
  type CallOptions,
  Client,
  type JobMap,
  type PushJob,
} from '@faktory-ts/client';
import type { Micros } from '@faktory-ts/protocol';

export class TestClient<Jobs extends JobMap<Jobs> = AnyJobs> extends Client<Jobs> {
  readonly #now: () => Micros;

  constructor(url: string, now: () => Micros) {
    super({ url });
    this.#now = now;
  }

  override push(job: PushJob<Jobs>, options?: CallOptions): Promise<string> {
    return super.push(this.#timed(job), options);
  }

  override pushBulk(
    jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>,
    options?: CallOptions,
  ): Promise<BulkResult> {
    return super.pushBulk(this.#allTimed(jobs), options);
  }

  async *#allTimed(
    jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>,
  ): AsyncIterable<PushJob<Jobs>> {
    for await (const job of jobs) yield this.#timed(job);
  }

  #timed(job: PushJob<Jobs>): PushJob<Jobs> {
    const at = new Date(this.#now() / 1000 + (job.in ?? Number.NaN));
    // What the client refuses is left for it to refuse.
    if (job.at !== undefined || Number.isNaN(at.getTime())) return job;
    return { ...job, in: undefined, at };
  }
}
