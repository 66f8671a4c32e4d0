/**
 * How the server is, for whoever watches it; no password, and no secrets. `/health` as Faktory has it, but proving that a write reaches
 * the disk; `/health/live` for those who would restart a process that hangs; `/health/ready` for those who send it work.
 *
 * The proof is made at most once a second, however often it is asked for.
 * Nothing here may cost more with more queues or jobs: anybody may ask, as often as they like.
 */
import { formatTime, type Health, type Micros, type Readiness } from '@faktory-ts/protocol';
import type { FastifyReply } from 'fastify';
import { storageAdvice } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';

/** What the pages tell of. */
export interface HealthSources {
  readonly jobs: Jobs;
  whoAnswers(): Health['server'];
  /** What came of the backups; undefined where none are made. */
  backups(): { readonly newest: Micros | undefined; readonly failure: string | undefined } | undefined;
  /** Whether the disk is nearly full; undefined where nobody looks. */
  disk(): { readonly free: number; readonly low: boolean } | undefined;
  readonly descriptors: { readonly exhausted: boolean };
  /** Whether the server has begun to stop. */
  stopping(): boolean;
}

const PROBE_LASTS = 1000; // ms
const PROBE_PATIENCE = 5000; // ms

export class HealthPages {
  readonly #sources: HealthSources;
  #probedAt = Number.NEGATIVE_INFINITY;
  #probe: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(sources: HealthSources) {
    this.#sources = sources;
  }

  /** `/health` */
  async whole(reply: FastifyReply): Promise<Health | FastifyReply> {
    const { jobs } = this.#sources;
    const error = await this.#check();
    if (error !== undefined) return reply.code(503).send({ now: formatTime(jobs.engine.clock()), error });
    const backups = this.#backups();
    return {
      now: formatTime(jobs.engine.clock()),
      server: this.#sources.whoAnswers(),
      ...(backups && { backups }),
    };
  }

  /** `/health/live`: that it answers at all is the proof. */
  live(): { readonly now: string } {
    return { now: formatTime(this.#sources.jobs.engine.clock()) };
  }

  /** `/health/ready` */
  async ready(reply: FastifyReply): Promise<FastifyReply> {
    const { jobs, disk, descriptors, stopping } = this.#sources;
    const failure = await this.#check();
    const low = disk()?.low === true;
    const checks = {
      storage: failure ?? this.#storage() ?? 'ok',
      disk: low ? 'less is free than the reserve: pushes are refused, free the disk' : 'ok',
      descriptors: descriptors.exhausted
        ? 'no file descriptor is free: new connections are closed, raise the limit'
        : 'ok',
      running: stopping() ? 'the server is stopping' : 'ok',
    };
    const ready = Object.values(checks).every((check) => check === 'ok');
    const backups = this.#backups();
    const told: Readiness = {
      now: formatTime(jobs.engine.clock()),
      ready,
      checks,
      ...(backups && { backups }),
    };
    return reply.code(ready ? 200 : 503).send(told);
  }

  /** Anybody may read it: why a backup failed, with its paths, is in the log. */
  #backups(): Health['backups'] {
    const state = this.#sources.backups();
    if (!state) return undefined;
    const newest = state.newest === undefined ? undefined : formatTime(state.newest);
    return { newest, failed: state.failure !== undefined };
  }

  /** Errors that one good write does not end: a damaged page, a disk that fails now and then. */
  #storage(): string | undefined {
    const [kind] = this.#sources.jobs.engine.figures.storageErrors.current();
    return kind && `storage failed (${kind}): ${storageAdvice[kind]}`;
  }

  /** Why the store cannot write; undefined when it can. */
  #check(): Promise<string | undefined> {
    if (performance.now() - this.#probedAt > PROBE_LASTS) {
      this.#probedAt = performance.now();
      this.#probe = Promise.race([this.#write(), tooLong()]);
    }
    return this.#probe;
  }

  async #write(): Promise<string | undefined> {
    try {
      await this.#sources.jobs.engine.probe();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function tooLong(): Promise<string> {
  const text = `no write reached the disk within ${PROBE_PATIENCE / 1000} s`;
  return new Promise((resolve) => setTimeout(resolve, PROBE_PATIENCE, text).unref());
}
