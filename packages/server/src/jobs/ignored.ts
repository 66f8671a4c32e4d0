/**
 * Logs options of features that this server does not have. A push with such an option is accepted,
 * as Faktory accepts it, and the option does nothing. The log names each option once an hour.
 */
import { excerpt, type JobText, jsonMember } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';
import { mayHaveKey } from './options-in.ts';

/** Feature → the keys of `custom` that ask for it. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  unique: ['unique_for', 'unique_until'],
  expiry: ['expires_at', 'expires_in'],
  track: ['track'],
  batch: ['bid'],
};
const HOUR = 3_600_000; // ms
const LONGEST = 10_000; // characters; a longer `custom` is data of the program and is not searched

/** Watches pushes for options of features that are not in `features`. */
export class IgnoredOptions {
  readonly #log: Logger;
  /** Option → its feature. */
  readonly #ignored: ReadonlyMap<string, string>;
  /** Option → time of its last log line, by `performance.now()`. */
  readonly #saidAt = new Map<string, number>();
  readonly #mayHave: RegExp;

  constructor(features: readonly string[], log: Logger) {
    this.#log = log;
    const missing = Object.entries(optionsOf).filter(([feature]) => !features.includes(feature));
    this.#ignored = new Map(missing.flatMap(([feature, keys]) => keys.map((key) => [key, feature])));
    this.#mayHave = mayHaveKey([...this.#ignored.keys()]);
  }

  /** Checks a pushed job. Costs nothing without `custom`, otherwise one search in its text. */
  look({ custom, jobtype }: JobText): void {
    if (
      custom === undefined ||
      this.#ignored.size === 0 ||
      custom.length > LONGEST ||
      !this.#mayHave.test(custom)
    )
      return;
    for (const [key, feature] of this.#ignored)
      if (isOn(jsonMember(custom, key))) this.#say(key, feature, jobtype);
  }

  #say(key: string, feature: string, jobtype: string): void {
    const now = performance.now();
    const said = this.#saidAt.get(key);
    if (said !== undefined && now - said < HOUR) return;
    this.#saidAt.set(key, now);
    const name = JSON.stringify(excerpt(jobtype));
    this.#log.warn(
      `a pushed job asks for "${key}", which does nothing here: this server does not have ${feature}; remove the option from jobs of type ${name}`,
    );
  }
}

/** Some clients send disabled options: as 0, false, null or an empty text. */
const isOn = (value: string | undefined): boolean =>
  value !== undefined && !/^(?:-?[0.]+(?:[eE].*)?|false|null|"")$/.test(value);
