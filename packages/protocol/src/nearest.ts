/**
 * Suggests the known word for a misspelt option, key or name in an error message.
 *
 * Note: upper and lower case are equal, because `loglevel` means `logLevel`. A word that is far
 * from all known words gets no suggestion.
 */

/**
 * The known word that needs the fewest changes; undefined when more than a third of its letters
 * differ.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Such a long word is no misspelling, and comparing costs the product of both lengths.
  if (word.length > 100) return undefined;
  const ranked = known.map((other) => ({ other, far: distance(word.toLowerCase(), other.toLowerCase()) }));
  ranked.sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best !== undefined && best.far <= Math.max(1, best.other.length / 3) ? best.other : undefined;
}

/**
 * Reports an unknown option and suggests the known one: `unknown option concurency; did you mean
 * concurrency?`. Options with the value undefined are checked too. Returns undefined when all are
 * known.
 *
 * @param where text before the option's name, for example `handlers.Mail.`
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

/** Number of letters to insert, delete or replace (Levenshtein). */
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
