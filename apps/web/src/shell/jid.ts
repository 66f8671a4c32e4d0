/**
 * Guesses whether a search text is a job id, to open that job at once. Pure.
 *
 * Note: this is not a check: any text of eight bytes or more may be a job id.
 */

/**
 * Whether a text looks like a job id rather than a word from arguments: long, no spaces, letters
 * and digits.
 */
export function looksLikeJid(text: string): boolean {
  return /^[\w-]{12,64}$/.test(text) && /\d|[A-Z].*[a-z].*[A-Z]/.test(text);
}
