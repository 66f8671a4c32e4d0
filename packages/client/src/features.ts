/**
 * The server features that jobs need beyond Faktory's open protocol, and whether the connected
 * server has them.
 *
 * Note: a server without such a feature accepts the job and ignores the key, so a job that must be
 * unique would run twice. Such jobs wait until the server's features are known: from its answer to
 * EXT, otherwise from INFO, once a connection.
 */

import { type Extension, FaktoryError, type Job, type Reply, write } from '@faktory-ts/protocol';
import { Call, type CallPlace } from './call.ts';
import type { ServerAddress } from './url.ts';

/** Key of `custom` → the feature that reads it. */
const featureOf: Readonly<Record<string, string>> = {
  unique_for: 'unique',
  unique_until: 'unique',
  expires_in: 'expiry',
  expires_at: 'expiry',
  track: 'track',
  bid: 'batch',
};
const allFeatures: ReadonlySet<string> = new Set(Object.values(featureOf));

/** The keys of a job's `custom` that need a feature of the server. Undefined: none. */
export function featureKeys(custom: Job['custom']): readonly string[] | undefined {
  if (custom === undefined) return undefined;
  const keys = Object.keys(custom).filter((key) => Object.hasOwn(featureOf, key));
  return keys.length > 0 ? keys : undefined;
}

/** The connected server does not have the feature that these keys need. */
export class MissingFeature extends FaktoryError {
  readonly keys: readonly string[];

  constructor(keys: readonly string[], server: string) {
    const features = [...new Set(keys.map((key) => featureOf[key]))].join(', ');
    const what = `${keys.join(', ')} ${keys.length > 1 ? 'need' : 'needs'} the feature ${features} of the server`;
    const advice = 'leave the option out, or connect to a server that has the feature';
    super('UNSUPPORTED', `${what}, and ${server} does not have it, so the job was not sent: ${advice}`);
    this.keys = keys;
  }
}

/** The features that a server reports. */
export class ServerFeatures {
  readonly #names: ReadonlySet<string>;
  readonly #server: string;

  constructor(names: ReadonlySet<string>, server: string) {
    this.#names = names;
    this.#server = server;
  }

  /** Features by the answer to EXT. Undefined: the answer does not list them. */
  static offered(offer: Extension | undefined, { host, port }: ServerAddress): ServerFeatures | undefined {
    return offer?.features && new ServerFeatures(new Set(offer.features), `the server at ${host}:${port}`);
  }

  /** Features by the answer to INFO: Faktory Enterprise has all, others none. */
  static described(reply: Reply, { host, port }: ServerAddress): ServerFeatures {
    const { description = '', version = '' } = reply.kind === 'bulk' ? describedIn(reply.text) : {};
    const name = [description, version].filter((text) => text !== '').join(' ');
    const server = `the server at ${host}:${port}${name && ` (${name})`}`;
    return new ServerFeatures(/enterprise/i.test(description) ? allFeatures : new Set(), server);
  }

  /** Why a job with these keys cannot be sent to this server. Undefined: it can. */
  missing(keys: readonly string[]): MissingFeature | undefined {
    const missing = keys.filter((key) => !this.#names.has(featureOf[key] ?? ''));
    return missing.length > 0 ? new MissingFeature(missing, this.#server) : undefined;
  }
}

function describedIn(text: string): { description?: string; version?: string } {
  try {
    const { server } = JSON.parse(text) as { server?: Record<string, unknown> };
    return { description: String(server?.description ?? ''), version: String(server?.faktory_version ?? '') };
  } catch {
    return {}; // not the INFO of a Faktory server: no features
  }
}

const unanswered: ReadonlySet<string> = new Set(['CLOSED', 'TIMEOUT', 'ABORTED', 'SHUTDOWN']);

/**
 * What a connection knows of its server's features: *unknown* → *asked* → *known*; each new link
 * starts as unknown.
 */
export class FeatureGate {
  /** Of this link, or of the last one whose features were known. */
  known: ServerFeatures | undefined;
  #current: ServerFeatures | undefined;
  #address: ServerAddress | undefined;
  #asked: Call | undefined;
  readonly #timeout: number;
  readonly #told: () => void;

  /** @param told called when the features are known: waiting calls may continue */
  constructor(timeout: number, told: () => void) {
    this.#timeout = timeout;
    this.#told = told;
  }

  /** Called for a new link. */
  connected(offer: Extension | undefined, address: ServerAddress): void {
    this.#address = address;
    this.#asked = undefined;
    this.#learn(ServerFeatures.offered(offer, address));
  }

  /** Whether the features of this link's server are known. */
  get open(): boolean {
    return this.#current !== undefined;
  }

  /**
   * Whether a call with these keys may be sent: true; the error why not; the INFO call to send
   * first; or false while INFO is pending.
   */
  judge(keys: readonly string[]): true | FaktoryError | Call | false {
    if (this.#current) return this.#current.missing(keys) ?? true;
    return this.#asked === undefined && this.#ask();
  }

  #ask(): Call {
    const address = this.#address as ServerAddress;
    const place: CallPlace = { settled: () => undefined, trouble: () => undefined };
    const call = new Call(write.info(), { timeout: this.#timeout }, place);
    this.#asked = call;
    const told = (reply: Reply): void => {
      if (this.#asked !== call) return;
      this.#learn(ServerFeatures.described(reply, address));
      this.#told();
    };
    call.reply.then(told, ({ code }: FaktoryError) => {
      // A server that refuses INFO has no features. Without an answer INFO is sent again.
      if (!unanswered.has(code)) told({ kind: 'simple', text: '' });
      else if (this.#asked === call) this.#asked = undefined;
    });
    return call;
  }

  #learn(features: ServerFeatures | undefined): void {
    this.#current = features;
    this.known = features ?? this.known;
  }
}
