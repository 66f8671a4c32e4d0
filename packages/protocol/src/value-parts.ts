/**
 * Parses one JSON value of megabytes in parts, and builds its text or string in parts. The
 * generators yield the position when they reach `scanner.until`; the caller then sets a new
 * `until`.
 */
import { type Cut, compacted, type JsonScanner, PAUSED, stringValue } from './json.ts';

/**
 * Maximum number of characters of white space, a key or digits in a row, in a text that is read in
 * parts: a scan cannot stop inside them.
 */
export const MOST_RUN = 256 * 1024;

/** Runs a reading in parts: about `part` characters between two yields. */
export function* stepped<Result>(
  scanner: JsonScanner,
  part: number,
  begin: () => Generator<number, Result>,
): Generator<void, Result> {
  scanner.mostRun = MOST_RUN;
  scanner.until = part;
  const reading = begin();
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
    yield;
    scanner.until = value + part;
  }
}

/** Scans the value at `at` and adds the positions where the scan stopped to `cuts`. */
export function* scan(scanner: JsonScanner, at: number, cuts: Cut[]): Generator<number, number> {
  let end = scanner.begin(at);
  while (end === PAUSED) {
    const { cut } = scanner;
    cuts.push(cut);
    yield cut.at;
    end = scanner.resume();
  }
  return end;
}

/** The value of a string. */
export function* stringOf(
  scanner: JsonScanner,
  at: number,
  end: number,
  cuts: readonly Cut[],
): Generator<number, string> {
  if (!scanner.lone && !scanner.escaped) return stringValue(scanner, at + 1, end - 1);
  const parts: string[] = [];
  let from = at + 1;
  for (const cut of cuts) {
    if (!cut.inString) continue; // before its opening quote
    parts.push(stringValue(scanner, from, cut.at));
    from = cut.at;
    yield end;
  }
  parts.push(stringValue(scanner, from, end - 1));
  return parts.join('');
}

/**
 * The compact text of any other value. Undefined when the scan did not stop or nothing has to be
 * removed: then the text is made fast.
 */
export function* textOf(
  scanner: JsonScanner,
  at: number,
  end: number,
  cuts: readonly Cut[],
): Generator<number, string | undefined> {
  if (cuts.length === 0 || !(scanner.spaced || scanner.lone)) return undefined;
  const parts: string[] = [];
  let from: Cut = { at, inString: false };
  for (const cut of cuts) {
    parts.push(compacted(scanner, from.at, cut.at, from.inString));
    from = cut;
    yield end;
  }
  parts.push(compacted(scanner, from.at, end, from.inString));
  return parts.join('');
}
