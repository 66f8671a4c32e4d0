/**
 * Bounds what workers and connections say of themselves: hostname and labels of each, and those of all together.
 *
 * Pages and commands show all of them at once. What does not fit is left out: no client is refused for a label.
 */

/** What a HELLO may say for people to read. */
export interface SelfText {
  readonly hostname: string;
  readonly labels: readonly string[];
}

const MOST_OF_HOSTNAME = 255; // characters, as in DNS
export const MOST_OF_ONE = 2048; // bytes as JSON
const MOST_OF_ALL = 1024 * 1024; // bytes as JSON

export class SelfTexts {
  readonly #most: number;
  #bytes = 0;

  constructor(most = MOST_OF_ALL) {
    this.#most = most;
  }

  /** Bytes of all texts that are kept, as JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The hostname and the first labels, as far as there is room for them. Give what is returned to {@link release}. */
  keep(hostname: string, labels: readonly string[]): SelfText {
    let room = Math.min(MOST_OF_ONE, this.#most - this.#bytes);
    const fits = (text: string): boolean => {
      room -= bytesOf(text);
      return room >= 0;
    };
    const name = hostname.slice(0, MOST_OF_HOSTNAME).replace(/[\ud800-\udbff]$/, '');
    const isKept = fits(name);
    const kept = { hostname: isKept ? name : '', labels: isKept ? takeWhile(labels, fits) : [] };
    this.#bytes += sizeOf(kept);
    return kept;
  }

  /** These texts are shown no more. */
  release(kept: SelfText): void {
    this.#bytes -= sizeOf(kept);
  }
}

const bytesOf = (text: string): number => Buffer.byteLength(JSON.stringify(text)) + 1;

/** An empty hostname takes no room, because none may be left for it. */
const sizeOf = ({ hostname, labels }: SelfText): number =>
  labels.reduce((sum, label) => sum + bytesOf(label), hostname === '' ? 0 : bytesOf(hostname));

function takeWhile(labels: readonly string[], fits: (text: string) => boolean): readonly string[] {
  const end = labels.findIndex((label) => !fits(label));
  return end < 0 ? labels : labels.slice(0, end);
}
