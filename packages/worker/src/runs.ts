/*
 * The runs of a worker: each in an async context of its own, with a line in the log about its end, and about one that does not end.
 * It must never log arguments of a job.
 */

import type { Job } from '@faktory-ts/protocol';
import type { Logger } from './log.ts';
import type { WorkerSettings } from './options.ts';
import type { Outcome } from './outcome.ts';
import { type Overrun, Overruns } from './overruns.ts';
import { Scopes } from './scope.ts';
import type { Hands, RunningJob } from './slots.ts';

const look = 5000; // ms between two looks for jobs that run for too long

export class Runs {
  readonly #settings: Pick<WorkerSettings, 'runner' | 'log'>;
  readonly #scopes: Scopes;
  readonly #overruns: Overruns;
  #timer: NodeJS.Timeout | undefined;

  /** Runs begin in the async context in which this is called. */
  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#scopes = new Scopes(settings.catchUncaught);
    this.#overruns = new Overruns(settings.runner.jobtypes);
  }

  /** Looks every few seconds which of the running jobs run for too long. */
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
    if (signal.aborted) return outcome; // nobody listens any more
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
  else if (outcome.to === 'released') log.info('job handed back by its handler', { jid, jobtype });
  else {
    const { failure } = outcome;
    const fate = outcome.fate ?? fateBy(retry);
    const what = fate === undefined ? 'failed' : `failed, ${fate}`;
    log.warn(`job ${what}: ${failure.errtype}: ${failure.message}`, { jid, jobtype });
  }
}

/** What the server makes of any failure of such a job: people who meant "no retries" may not have meant "forgotten". */
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
  log.warn(`a job runs for ${seconds} s, and ${types}; hardTimeout can end such jobs`, { jid, jobtype });
}
