/**
 * Asks the features about each pushed job. A job without options of theirs costs one search in its `custom`.
 */
import { FaktoryError, type JobText, type Micros, someMembers } from '@faktory-ts/protocol';
import type { Effect, Moment } from '../engine/engine.ts';
import type { Logger } from '../log.ts';
import { atOnce, PART } from '../rounds.ts';
import type { Extras, Feature, PushedJob } from './feature.ts';
import { mayHaveKey } from './options-in.ts';

const NONE: Extras = {};

export class PushExtras {
  readonly #features: readonly Feature[];
  readonly #names: ReadonlySet<string>;
  readonly #mayHave: RegExp;
  readonly #log: Logger;
  /** Features whose unexpected error is in the log. */
  readonly #failed = new Set<Feature>();

  constructor(features: readonly Feature[], log: Logger) {
    this.#features = features.filter(({ options }) => options.length > 0);
    this.#names = new Set(this.#features.flatMap(({ options }) => options));
    this.#mayHave = mayHaveKey([...this.#names]);
    this.#log = log;
  }

  /** Characters that are read for the options of this job; 0: it has none. */
  weightOf({ custom, args }: JobText): number {
    if (custom === undefined || this.#features.length === 0 || !this.#mayHave.test(custom)) return 0;
    return custom.length + args.length;
  }

  /** What the features add to this job. Throws INVALID. */
  of(job: JobText, now: Micros): Extras {
    if (this.weightOf(job) === 0) return NONE;
    return atOnce(this.inParts(job, now));
  }

  /** The same in parts, for a job of megabytes. */
  *inParts(job: JobText, now: Micros): Generator<void, Extras> {
    const delay = Math.max((job.atMicros ?? now) - now, 0);
    const members = yield* someMembers(job.custom ?? '{}', this.#names, PART);
    const all: Extras[] = [];
    for (const feature of this.#features) {
      const options = new Map<string, string>();
      for (const key of feature.options) {
        const value = members.get(key);
        if (value !== undefined && value !== 'null') options.set(key, value);
      }
      const extras =
        options.size === 0 ? undefined : yield* this.#ask(feature, { ...job, options, now, delay });
      if (extras !== undefined) all.push(extras);
    }
    return all.length > 1 ? together(all) : (all[0] ?? NONE);
  }

  /** An error that the feature did not mean refuses this job alone. The log has the first one of each feature. */
  *#ask(feature: Feature, job: PushedJob): Generator<void, Extras | undefined> {
    try {
      const answer = feature.onPush?.(job);
      return answer !== undefined && 'next' in answer ? yield* answer : answer;
    } catch (error) {
      if (error instanceof FaktoryError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const keys = [...job.options.keys()].join(', ');
      if (!this.#failed.has(feature)) {
        this.#failed.add(feature);
        this.#log.error(
          `the feature ${feature.name} refused a job with ${keys} in custom, because it failed: ${reason}`,
        );
      }
      throw new FaktoryError(
        'INVALID',
        `the server failed to read ${keys} in custom (its log says why); push the job without it`,
      );
    }
  }
}

/** Joins what several features add to a push. */
export function together(all: readonly Extras[]): Extras {
  const consequences: Partial<Record<Moment, readonly Effect[]>> = {};
  for (const extras of all)
    for (const [moment, effects] of Object.entries(extras.consequences ?? {}))
      consequences[moment as Moment] = [...(consequences[moment as Moment] ?? []), ...effects];
  const effects = all.flatMap((extras) => extras.effects ?? []);
  const deadline = all.find((extras) => extras.deadline !== undefined)?.deadline;
  return {
    ...(effects.length > 0 && { effects }),
    ...(Object.keys(consequences).length > 0 && { consequences }),
    ...(deadline !== undefined && { deadline }),
  };
}
