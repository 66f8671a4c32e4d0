/*
 * Reads one JSON value of megabytes in parts, and builds its text or string in parts. The generators yield, with its position, where
 * the scan came to `scanner.until`; their caller sets the next one.
 */
import { type Cut, compacted, type JsonScanner, PAUSED, stringValue } from './json.ts';

/**
 * Characters of white space, of a key, or of the digits of a number, that may follow one another in a text that is read in parts: there
 * is no place to stop inside of them.
 */
export const MOST_RUN = 256 * 1024;

/** Runs a reading in parts of about so many characters, each up to a `yield`. */
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

/** Reads a value that starts at `at`, and adds where the reading was cut. */
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

/** The text of any other value, compact; undefined when it was not cut or has nothing to change, and so is made in no time. */
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
