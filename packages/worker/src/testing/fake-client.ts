/**
 * A fake client that only records the pushed jobs. It refuses what a real client with a real server
 * refuses.
 *
 * Note: a job is recorded as it would arrive, with arguments that went through JSON, not as the
 * objects that were given.
 */

import { AssertionError } from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';
import type {
  AnyJobs,
  AsJson,
  JobMap,
  JobtypeOf,
  Producer,
  PushJob,
  PushResult,
  SaidJob,
  TypedJob,
} from '@faktory-ts/client';
import type { Job } from '@faktory-ts/protocol';
import { travelled, travelledArgs, travelledBulk } from './travelled.ts';

/** A job of one type as a {@link FakeClient} has recorded it. */
export type PushedJob<
  Jobs extends JobMap<Jobs> = AnyJobs,
  T extends keyof Jobs & string = keyof Jobs & string,
> = {
  [K in T]: Omit<Job, 'jobtype' | 'args'> & { readonly jobtype: K; readonly args: AsJson<Jobs[K]> };
}[T];

/**
 * Accepts pushes as a `Client` does and records them; nothing is sent or run.
 *
 * @example
 * ```ts
 * import { FakeClient } from '@faktory-ts/worker/testing';
 *
 * const fake = new FakeClient<{ SendEmail: [to: string] }>();
 * await fake.push({ jobtype: 'SendEmail', args: ['a@example.com'], queue: 'mail' });
 * fake.assertPushed('SendEmail', ['a@example.com']);
 * console.log(fake.pushed('SendEmail')[0]?.queue); // 'mail'
 * ```
 */
export class FakeClient<Jobs extends JobMap<Jobs> = AnyJobs> implements Producer<Jobs> {
  #jobs: PushedJob<Jobs>[] = [];

  /**
   * Records one job; returns its jid. Rejects as a real client: `INVALID` or `MALFORMED` for a bad
   * job.
   */
  async push<T extends JobtypeOf<Jobs>>(job: TypedJob<Jobs, T>): Promise<string> {
    const arrived = travelled(job as unknown as SaidJob);
    this.#record(arrived);
    return arrived.jid;
  }

  /** Records many jobs. The result of a refused job has an `error`. */
  async pushBulk(jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>): Promise<PushResult[]> {
    return travelledBulk(jobs as Iterable<SaidJob>, (job) => this.#record(job));
  }

  #record(job: Job): void {
    this.#jobs.push(job as unknown as PushedJob<Jobs>);
  }

  /** The jobs of one type, or all, in the order of their pushes. */
  pushed(): readonly PushedJob<Jobs>[];
  pushed<T extends keyof Jobs & string>(jobtype: T): readonly PushedJob<Jobs, T>[];
  pushed(jobtype?: keyof Jobs & string): readonly PushedJob<Jobs>[] {
    return this.#jobs.filter((job) => jobtype === undefined || job.jobtype === jobtype);
  }

  /**
   * Throws an AssertionError unless a job of this type was pushed, with exactly these arguments
   * when they are given. Arguments are compared as JSON: a Date equals its string.
   */
  assertPushed<T extends keyof Jobs & string>(jobtype: T, args?: Readonly<Jobs[T]>): void {
    const actual = this.pushed(jobtype).map((job) => job.args);
    const expected = args === undefined ? undefined : travelledArgs(args as unknown as readonly unknown[]);
    const found =
      expected === undefined ? actual.length > 0 : actual.some((one) => isDeepStrictEqual(one, expected));
    if (found) return;
    const wanted = expected === undefined ? '' : ` with ${inspect(expected)}`;
    const message = `no ${jobtype} was pushed${wanted}; pushed were ${this.#summary()}`;
    throw new AssertionError({
      message,
      actual,
      expected,
      operator: 'assertPushed',
      stackStartFn: this.assertPushed,
    });
  }

  /** Throws an AssertionError when anything was pushed. */
  assertNothingPushed(): void {
    if (this.#jobs.length === 0) return;
    const message = `nothing should have been pushed; pushed were ${this.#summary()}`;
    const stackStartFn = this.assertNothingPushed;
    throw new AssertionError({
      message,
      actual: this.#jobs,
      expected: [],
      operator: 'assertNothingPushed',
      stackStartFn,
    });
  }

  /** Deletes the recorded jobs. */
  clear(): void {
    this.#jobs = [];
  }

  #summary(): string {
    const shown = this.#jobs
      .slice(0, 10)
      .map(({ jobtype, args }) => `${jobtype} ${inspect(args, { breakLength: 200 })}`);
    const more = this.#jobs.length > shown.length ? [`${this.#jobs.length - shown.length} more`] : [];
    return [...shown, ...more].join(', ') || 'none';
  }
}
