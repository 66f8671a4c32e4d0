/**
 * A client whose `in` counts from the time of a test server. Otherwise it is a real client.
 *
 * Note: a client adds `in` to its own clock, which is behind the server's after a move, so the job
 * would be due at once.
 */

import {
  type AnyJobs,
  type CallOptions,
  Client,
  type JobOptions,
  type JobTypes,
  type JobtypeOf,
  milliseconds,
  type PushJob,
  type PushResult,
  type TypedJob,
} from '@faktory-ts/client';
import type { Micros } from '@faktory-ts/protocol';

export class TestClient<Jobs extends JobTypes<Jobs> = AnyJobs> extends Client<Jobs> {
  readonly #now: () => Micros;

  constructor(url: string, now: () => Micros) {
    super({ url });
    this.#now = now;
  }

  override push<T extends JobtypeOf<Jobs>>(job: TypedJob<Jobs, T>, options?: CallOptions): Promise<string> {
    return super.push(this.#timed(job), options);
  }

  override pushBulk(
    jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>,
    options?: CallOptions,
  ): Promise<PushResult[]> {
    return super.pushBulk(this.#allTimed(jobs), options);
  }

  async *#allTimed(
    jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>,
  ): AsyncIterable<PushJob<Jobs>> {
    for await (const job of jobs) yield this.#timed(job);
  }

  #timed<Timed extends JobOptions>(job: Timed): Timed {
    // Let the client refuse a bad job.
    if (job?.in === undefined || job.at !== undefined) return job;
    const at = new Date(this.#now() / 1000 + milliseconds(job.in));
    return { ...job, in: undefined, at };
  }
}
