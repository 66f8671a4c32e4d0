/**
 * Replays one transcript by the rules of transcripts/README.md. A line that breaks these rules is an
 * error that names the line of the file.
 *
 * Note: `<n>` matches a JSON number only, not a text with digits. Extra keys are allowed in INFO
 * only, and not in its maps of queues and sets.
 */
import { isDeepStrictEqual } from 'node:util';
import { formatTime, nowMicros, parseTime } from '@faktory-ts/protocol';
import { WireClient } from './wire-client.ts';

const closedMaps = new Set(['queues', 'sets']);

/** The text of a reply line that may hold `<any>`. */
export function textMatches(expected: string, actual: string): boolean {
  const parts = expected.split('<any>').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(actual);
}

/** Why two JSON values differ, with the path; undefined when they match. */
export function difference(
  expected: unknown,
  actual: unknown,
  extraKeys: boolean,
  path = '$',
): string | undefined {
  const differs = `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  if (expected === '<any>') return typeof actual === 'string' ? undefined : differs;
  if (expected === '<n>') return typeof actual === 'number' ? undefined : differs;
  if (expected === '<time>')
    return typeof actual === 'string' && parseTime(actual) !== undefined ? undefined : differs;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return differs;
    return firstOf(
      expected.map((value, index) => difference(value, actual[index], extraKeys, `${path}[${index}]`)),
    );
  }
  if (!isRecord(expected)) return isDeepStrictEqual(expected, actual) ? undefined : differs;
  if (!isRecord(actual)) return differs;
  const missing = Object.keys(expected).find((key) => !Object.hasOwn(actual, key));
  if (missing !== undefined) return `${path}: lacks ${missing}`;
  const extra = Object.keys(actual).find((key) => !Object.hasOwn(expected, key));
  if (extra !== undefined && !extraKeys) return `${path}: has ${extra} too, ${JSON.stringify(actual[extra])}`;
  const keys = Object.keys(expected);
  return firstOf(
    keys.map((key) =>
      difference(expected[key], actual[key], extraKeys && !closedMaps.has(key), `${path}.${key}`),
    ),
  );
}

function firstOf(found: readonly (string | undefined)[]): string | undefined {
  return found.find((value) => value !== undefined);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Plays a transcript against a server; gives the number of replies that were compared. */
export async function replay(text: string, port: number): Promise<number> {
  const stage = new Stage(port);
  try {
    for (const [index, line] of text.split('\n').entries()) {
      try {
        await stage.play(line);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`line ${index + 1}: ${line}\n${reason}`, { cause });
      }
    }
    await stage.end();
    return stage.compared;
  } finally {
    await stage.close();
  }
}

/** The connections of one transcript. */
class Stage {
  compared = 0;
  readonly #port: number;
  readonly #clients = new Map<string, WireClient>();
  /** Connections whose last command was INFO. */
  readonly #asked = new Map<string, string>();

  constructor(port: number) {
    this.#port = port;
  }

  async play(line: string): Promise<void> {
    if (line.trim() === '' || line.startsWith('#')) return;
    const pause = /^wait ([\d.]+)$/.exec(line);
    if (pause) return void (await new Promise((resolve) => setTimeout(resolve, Number(pause[1]) * 1000)));
    const [, name = '', action = '', text = ''] =
      /^(\w+)( connect| close|>>|>|<)(?: (.*))?$/.exec(line) ?? [];
    if (action === ' connect') this.#clients.set(name, await WireClient.connect(this.#port));
    else if (action === ' close') await this.#client(name).destroy();
    else if (action === '>') this.#send(name, `${filledIn(text)}\r\n`);
    else if (action === '>>') this.#send(name, filledIn(JSON.parse(text) as string));
    else if (action === '<') await this.#expect(name, text);
    else throw new Error('not a line of a transcript');
  }

  /** No reply may be left that no line asked for. */
  async end(): Promise<void> {
    for (const [name, client] of this.#clients) {
      if (client.isClosed) continue;
      const said = await client.line(20).catch(() => undefined);
      if (said !== undefined) throw new Error(`${name} got one reply too many: ${said}`);
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.destroy();
  }

  #client(name: string): WireClient {
    const client = this.#clients.get(name);
    if (!client) throw new Error(`${name} is not connected`);
    return client;
  }

  #send(name: string, bytes: string): void {
    this.#asked.set(name, bytes.trimEnd());
    this.#client(name).raw(bytes);
  }

  async #expect(name: string, expected: string): Promise<void> {
    const actual = await this.#client(name).line();
    this.compared += 1;
    if (!expected.startsWith('$ ')) {
      if (!textMatches(expected, actual)) throw new Error(`got ${actual}`);
      return;
    }
    if (!actual.startsWith('$ ')) throw new Error(`got ${actual}`);
    if (/[\r\n]/.test(actual)) throw new Error(`a bulk body of more than one line: ${actual}`);
    const wanted = JSON.parse(expected.slice(2)) as object;
    const found = difference(
      'jid' in wanted ? { reserve_for: 1800, ...wanted } : wanted, // of a job that FETCH gives
      JSON.parse(actual.slice(2)),
      this.#asked.get(name) === 'INFO',
    );
    if (found !== undefined) throw new Error(`${found}\nin ${actual}`);
  }
}

/** `<in 3600s>` becomes the time that far from now. */
function filledIn(text: string): string {
  return text.replace(/<in ([\d.]+)s>/g, (_, seconds: string) =>
    formatTime(nowMicros() + Number(seconds) * 1_000_000),
  );
}
