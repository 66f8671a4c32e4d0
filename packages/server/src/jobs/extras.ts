/**
 * Asks the features about each pushed job. A job without options of theirs costs one search in its `custom`.
 */
import { type JobText, jsonMember, type Micros } from '@faktory-ts/protocol';
import type { Effect, Moment } from '../engine/engine.ts';
import type { Extras, Feature } from './feature.ts';
import { mayHaveKey } from './options-in.ts';

const NONE: Extras = {};

export class PushExtras {
  readonly #features: readonly Feature[];
  readonly #mayHave: RegExp;

  constructor(features: readonly Feature[]) {
    this.#features = features.filter(({ options }) => options.length > 0);
    this.#mayHave = mayHaveKey(this.#features.flatMap(({ options }) => options));
  }

  /** What the features add to this job. Throws INVALID. */
  of(job: JobText, now: Micros): Extras {
    const { custom } = job;
    if (custom === undefined || this.#features.length === 0 || !this.#mayHave.test(custom)) return NONE;
    const delay = Math.max((job.atMicros ?? now) - now, 0);
    const all = this.#features.flatMap((feature) => {
      const options = new Map<string, string>();
      for (const key of feature.options) {
        const value = jsonMember(custom, key);
        if (value !== undefined && value !== 'null') options.set(key, value);
      }
      return options.size === 0 ? [] : (feature.onPush?.({ ...job, options, now, delay }) ?? []);
    });
    return all.length > 1 ? together(all) : (all[0] ?? NONE);
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
