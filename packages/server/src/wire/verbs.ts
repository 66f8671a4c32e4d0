/**
 * The verbs of a server: its own, and those of its features.
 */
import { FaktoryError, OK } from '@faktory-ts/protocol';
import type { Rights } from '../access/access.ts';
import type { Feature, FeatureCaller, FeatureVerb } from '../jobs/feature.ts';
import {
  type Answer,
  commands,
  type Desk,
  jobsAnswer,
  MOST_PAYLOAD,
  type Session,
  type Verb,
} from './commands.ts';
import { extensions } from './extensions.ts';

/** By name. */
type Table = ReadonlyMap<string, Verb>;

/** What a connection may say, before EXT and after it. */
export interface Verbs {
  readonly plain: Table;
  readonly extended: Table;
}

/** Throws CONFIG for a verb of a feature that cannot be added. */
export function verbsOf(features: readonly Feature[], rights: Rights): Verbs {
  const own = new Map([...commands, ...extensions]);
  const added = features.flatMap(({ name, verbs = [] }) => verbs.map((verb) => [name, verb] as const));
  const brought = new Map<string, FeatureVerb>();
  for (const [feature, verb] of added) {
    const { name } = verb;
    const taken = brought.has(name) || (own.has(name) && !own.get(name)?.vacant);
    if (taken || !/^[A-Z]{1,30}$/.test(name)) throw misfit(feature, name, taken);
    brought.set(name, verb);
  }
  const plain = [...brought.values()].filter(({ extension }) => !extension);
  const watched = (verbs: Iterable<readonly [string, Verb]>): Table =>
    new Map([...verbs].map(([name, verb]) => [name, { ...verb, watched: rights.isWatched(name) }]));
  const tableOf = (from: Table, more: readonly FeatureVerb[]): Table =>
    watched([...from, ...more.map((verb) => [verb.name, ofFeature(verb)] as const)]);
  return { plain: tableOf(commands, plain), extended: tableOf(own, [...brought.values()]) };
}

function misfit(feature: string, name: string, taken: boolean): FaktoryError {
  const why = taken ? 'the server or another feature has this verb' : 'it is no word of A to Z';
  return new FaktoryError(
    'CONFIG',
    `the feature ${feature} cannot bring the verb "${name}": ${why}; choose another name`,
  );
}

function ofFeature({ name, run }: FeatureVerb): Verb {
  return {
    async run(payload, desk, session): Promise<Answer> {
      const answer = await run(payload, callerOf(desk, session), desk.jobs.services);
      if (answer === undefined) return OK;
      const bytes = Buffer.byteLength(answer);
      if (bytes <= MOST_PAYLOAD) return jobsAnswer(answer, () => undefined, session);
      throw new FaktoryError(
        'LIMIT',
        `the answer of ${name} has ${bytes} bytes, the most is ${MOST_PAYLOAD}; ask for less`,
      );
    },
  };
}

function callerOf({ access }: Desk, { caller, wid, extended, signal }: Session): FeatureCaller {
  return { ...access.rights.callerOf(caller), wid, extended, signal };
}
