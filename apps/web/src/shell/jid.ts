/**
 * Guesses whether a search text is a job id, to open that job at once. Pure.
 *
 * Note: this is not a check: any text of eight bytes or more may be a job id.
 */

/** Whether a text is more likely the id of a job than a word in its arguments: long, without spaces, of letters and digits, not a word. */
export function looksLikeJid(text: string): boolean {
  return /^[\w-]{12,64}$/.test(text) && /\d|[A-Z].*[a-z].*[A-Z]/.test(text);
}
