/**
 * The runs of a worker: each has its own async context, a log line at its end, and a warning when
 * it does not end. Arguments of jobs are never logged.
 */

import type { Job } from '@faktory-ts/protocol';
import type { Logger } from './log.ts';
import type { WorkerSettings } from './options.ts';
import type { Outcome } from './outcome.ts';
import { type Overrun, Overruns } from './overruns.ts';
import { Scopes } from './scope.ts';
import type { Hands, RunningJob } from './slots.ts';

const look = 5000; // ms between two searches for jobs that run too long

export class Runs {
  readonly #settings: Pick<WorkerSettings, 'runner' | 'log'>;
  readonly #scopes: Scopes;
  readonly #overruns: Overruns;
  #timer: NodeJS.Timeout | undefined;

  /** Runs will begin in the async context of this call. */
  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#scopes = new Scopes(settings.catchUncaught);
    this.#overruns = new Overruns(settings.runner.jobtypes);
  }

  /** Looks every few seconds for jobs that run too long. */
  watch(running: () => readonly RunningJob[]): void {
    this.#timer = setInterval(() => {
      for (const overrun of this.#overruns.look(running(), performance.now()))
        tell(this.#settings.log, overrun);
    }, look).unref();
  }

  /** Runs one job to its end. Never rejects. */
  async run(job: Job, { signal, extend }: Hands): Promise<Outcome> {
    const { runner, log } = this.#settings;
    const startedAt = performance.now();
    const outcome = await runner.run({ job, log, signal, extend }, (run, begin) =>
      this.#scopes.run(run, begin),
    );
    if (signal.aborted) return outcome; // the slot ignores it
    this.#overruns.ended(job.jobtype, performance.now() - startedAt);
    tellEnd(log, job, outcome);
    return outcome;
  }

  /** Ends all threads and processes. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#settings.runner.close();
  }
}

function tellEnd(log: Logger, { jid, jobtype, retry }: Job, outcome: Outcome): void {
  if (outcome.to === 'done') log.debug('job done', { jid, jobtype });
  else if (outcome.to === 'released') log.info('job released by its handler', { jid, jobtype });
  else {
    const { failure } = outcome;
    const fate = outcome.fate ?? fateBy(retry);
    const what = fate === undefined ? 'failed' : `failed, ${fate}`;
    log.warn(`job ${what}: ${failure.errtype}: ${failure.message}`, { jid, jobtype });
  }
}

/**
 * What the server does with any failure of such a job. Logged, because a user who set `retry: 0`
 * may not expect that it deletes failed jobs.
 */
function fateBy(retry: number | undefined): string | undefined {
  if (retry === 0) return 'discarded by its retry 0';
  return retry !== undefined && retry < 0 ? `dead by its retry ${retry}` : undefined;
}

function tell(log: Logger, { running: { job }, seconds, usual }: Overrun): void {
  const { jid, jobtype } = job;
  const types =
    usual === undefined
      ? 'no job of its type has ended yet'
      : `the longest of the last jobs of its type took ${usual < 10 ? usual.toFixed(1) : Math.round(usual)} s`;
  log.warn(`a job has run for ${seconds} s; ${types}. Set hardTimeout to end such jobs`, { jid, jobtype });
}
