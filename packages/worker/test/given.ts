/**
 * Makes what a slot passes to a runner, for tests of single runs. No server is involved. `lines`
 * has the logged lines, level first.
 */

import type { Job } from '@faktory-ts/protocol';
import type { Given } from '../src/attempt.ts';
import { checkErrorRules } from '../src/handler-options.ts';
import { handlerTable } from '../src/handlers.ts';
import type { Logger } from '../src/log.ts';
import type { Outcome } from '../src/outcome.ts';
import { Runner, type RunnerOptions } from '../src/run.ts';

/** The data of a run; stores the log lines, and can be aborted as a slot does. */
export interface TestGiven extends Given {
  readonly lines: string[];
  cut(reason: Error): void;
}

export function given(job: Partial<Job> = {}, rest: Partial<Given> = {}): TestGiven {
  const control = new AbortController();
  const { log, lines } = keptLog();
  return {
    job: { jid: 'jid-00001', jobtype: 'Run', args: [], ...job },
    log,
    lines,
    signal: control.signal,
    extend: () => Promise.resolve(true),
    cut: (reason) => control.abort(reason),
    ...rest,
  };
}

/** A logger that stores its lines, with level and fields. */
export function keptLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const writer =
    (level: string): Logger['info'] =>
    (message, fields) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  const log = { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
  return { log, lines };
}

/** Makes a runner of these handlers. */
export function runnerOf(handlers: object, rules: Partial<RunnerOptions> = {}): Runner {
  const errors: unknown = rules.errors ?? [];
  checkErrorRules('errors', errors);
  return new Runner({ middleware: [], ...rules, errors, table: handlerTable(handlers) });
}

/** Runs one job of type Run by this handler. */
export function runOne(
  handler: unknown,
  how: Given = given(),
  rules: Partial<RunnerOptions> = {},
): Promise<Outcome> {
  return runnerOf({ Run: handler }, rules).run(how);
}
