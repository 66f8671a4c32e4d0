/**
 * What a feature is: it looks at each pushed job that asks for it, and answers with effects for the engine. It may also
 * limit queues by gates, and bring verbs of the wire, rights of tokens, tasks, and routes of HTTP.
 */
import type { JobText, Micros } from '@faktory-ts/protocol';
import type {
  Consequences,
  Effect,
  End,
  Engine,
  Entry,
  Gate,
  Refusal,
  ReservationRef,
} from '../engine/engine.ts';
import type { Logger } from '../log.ts';

/** A job that is being pushed. */
export interface PushedJob extends Pick<JobText, 'queue' | 'jobtype' | 'args'> {
  /** The feature's options in `custom`, by key, as JSON text. At least one is there. */
  readonly options: ReadonlyMap<string, string>;
  readonly now: Micros;
  /** Microseconds until the job becomes ready; 0: at once. */
  readonly delay: Micros;
}

/** What a feature adds to a push. */
export interface Extras {
  readonly effects?: readonly Effect[];
  readonly consequences?: Consequences;
  readonly deadline?: Micros;
}

/** What a feature may use of the server. It never holds the store or a socket. */
export interface FeatureServices extends Pick<Engine, 'read' | 'apply' | 'clock'> {
  /** As {@link Engine.scan}; returns at most 1,000 keys. */
  readonly scan: Engine['scan'];
  readonly log: Logger;
  /**
   * Checks a job by the rules of PUSH, fills in its defaults and asks the features about its options. `more` is added.
   * The entry is for `push`, or for an effect. Throws INVALID.
   */
  entry(job: JobText, more?: Extras): Entry;
  /** Stores jobs as PUSHB does, in one commit; returns the refused ones. Throws LIMIT for more than 1,000. */
  push(entries: readonly Entry[]): Promise<readonly Refusal[]>;
  /** Makes a reservation last at least so long from now; never shortens it. False: it is not held. */
  extend(held: ReservationRef, span: Micros): Promise<boolean>;
}

/** The client that asks. */
export interface FeatureCaller {
  /** As the audit log names it: `password`, `token NAME` or `anybody`. */
  readonly who: string;
  /** Empty for a producer, and over HTTP. */
  readonly wid: string;
  /** Whether it asked for the extensions (EXT). */
  readonly extended: boolean;
  readonly rights: ReadonlySet<string>;
  /** Queues that it may fetch from; undefined: any. */
  readonly queues: ReadonlySet<string> | undefined;
  /** Aborted when it is gone. */
  readonly signal: AbortSignal;
}

/**
 * A right that a token can have. Its name is also a scope: a word of a to z.
 */
export interface FeatureRight {
  readonly name: string;
  /** What a token with it may do, for `faktory tokens --help`. */
  readonly describe: string;
  /** Scopes that give it too, such as `operate`. */
  readonly givenBy?: readonly string[];
}

/** A verb of the wire. It cannot replace a verb of the server. */
export interface FeatureVerb {
  /** In capitals. */
  readonly name: string;
  /** The right that it needs, or by subcommand in capitals. `any`: every caller. A subcommand without a line needs `admin`. */
  readonly right: string | Readonly<Record<string, string>>;
  /** Whether the audit log has each use. Default: where the right is `operate` or `admin`. Refusals are always there. */
  readonly audited?: boolean;
  /** Only for connections that asked with EXT; for others it is an unknown command. */
  readonly extension?: boolean;
  /**
   * Carries out a line; later lines of the connection wait. `rest` is what follows the verb, at most 1,048,576 characters.
   * Undefined answers `+OK`; text is a bulk string of at most 1 MiB. An error that is thrown becomes the reply.
   */
  run(rest: string, caller: FeatureCaller, services: FeatureServices): Promise<string | undefined>;
}

/**
 * Work that comes back with time. Two runs of a task never overlap in one server; another server on the same store may run it at the
 * same time, so what must happen once is a claim.
 */
export interface FeatureTask {
  /** For the log. */
  readonly name: string;
  /**
   * Works, in small commits; returns when to run again: so long after this run, or at an instant. The first run is at the start of the
   * server. An error is logged once while it repeats, and the next try is a second later.
   *
   * @param signal aborted when the server stops, which waits for this run
   */
  run(services: FeatureServices, signal: AbortSignal): Promise<End>;
}

/** What a request has, checked by the schema of its route. */
export interface FeatureRequest {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Empty without a body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A route of HTTP. Its first part belongs to this feature alone. */
export interface FeatureRoute {
  /** A GET changes nothing: pages of other sites can cause one. */
  readonly method: 'GET' | 'POST';
  /** Behind `/api`; `/notes/:name` has a parameter. */
  readonly path: string;
  /** The right that it needs; `any`: every caller. */
  readonly right: string;
  /** As for a verb. */
  readonly audited?: boolean;
  /**
   * JSON Schemas that check a request and are its part of the OpenAPI document. Give each text a `maxLength`. A body has at most 1 MiB.
   */
  readonly schema: {
    readonly summary: string;
    readonly tags: readonly string[];
    readonly params?: object;
    readonly querystring?: object;
    readonly body?: object;
    readonly response?: object;
  };
  /** Returns what is answered as JSON, at most 1 MiB; undefined: 204. An error that is thrown becomes the answer. */
  run(asked: FeatureRequest, caller: FeatureCaller, services: FeatureServices): Promise<unknown>;
}

/** A feature. Each has a folder of its own in `features/`. */
export interface Feature {
  /** As clients know it: EXT answers with it. */
  readonly name: string;
  /** The keys of `custom` that ask for it; empty: `onPush` is never called. */
  readonly options: readonly string[];
  /**
   * Throws INVALID for options that make no sense; undefined: nothing is asked for. Pure. What takes long for arguments of megabytes is
   * a generator: it yields after each millisecond or so, and other requests are served in between. Any other error refuses this job.
   */
  onPush?(job: PushedJob): Extras | undefined | Generator<void, Extras | undefined>;
  /**
   * The gates of a queue for a fetch of this worker; `wid` is empty for a connection without one. Undefined: the queue
   * has none. Called for each queue of each fetch, so it only looks something up.
   */
  gates?(queue: string, wid: string): readonly Gate[] | undefined;
  /** Verbs of the wire. */
  readonly verbs?: readonly FeatureVerb[];
  /** Rights that tokens can have, beside those of the server. */
  readonly rights?: readonly FeatureRight[];
  /** Work that comes back with time. */
  readonly tasks?: readonly FeatureTask[];
  /** Routes below `/api`. */
  readonly routes?: readonly FeatureRoute[];
}
