/*
 * What a job id looks like. Pure. It must never be taken for a check: any text of eight bytes may be one. A stranger would get wrong that
 * this only decides whether a search leads to a job at once.
 */

/** Whether a text is more likely the id of a job than a word in its arguments: long, without spaces, of letters and digits, not a word. */
export function looksLikeJid(text: string): boolean {
  return /^[\w-]{12,64}$/.test(text) && /\d|[A-Z].*[a-z].*[A-Z]/.test(text);
}
