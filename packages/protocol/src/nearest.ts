/*
 * Finds the known word that a misspelt one may have meant, for errors about options, keys and names.
 * Note: case does not count, because `loglevel` means `logLevel`. A word that has little in common with all known ones gets no suggestion.
 */

/** The known word with the fewest changes from this one, when a third of its letters or fewer differ. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A word that long is no misspelling, and comparing costs the product of both lengths.
  if (word.length > 100) return undefined;
  const ranked = known.map((other) => ({ other, far: distance(word.toLowerCase(), other.toLowerCase()) }));
  ranked.sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best !== undefined && best.far <= Math.max(1, best.other.length / 3) ? best.other : undefined;
}

/**
 * Says which of the given options does not exist, and what may have been meant: `unknown option concurency; did you mean concurrency?`.
 * Options that are undefined count too: their names are misspelt all the same. Undefined = all are known.
 *
 * @param where what stands before the option's name, for example `handlers.Mail.`
 */
export function unknownOption(given: object, known: readonly string[], where = ''): string | undefined {
  if (!isRecord(given)) return `the options must be an object, not ${shownKind(given)}`;
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const meant = nearest(unknown, known);
  const hint = meant === undefined ? `the options are ${known.join(', ')}` : `did you mean ${meant}?`;
  return `unknown option ${where}${unknown.slice(0, 100)}; ${hint}`;
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shownKind(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value === null || value === undefined ? String(value) : `a ${typeof value}`;
}

/** How many letters must be put in, taken out or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line++) {
    const next = [line];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
