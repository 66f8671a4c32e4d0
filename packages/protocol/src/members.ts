/**
 * Counts the members of JSON objects before any value is built: building an object of 700,000 keys
 * takes seconds, counting them some milliseconds.
 */
import { FaktoryError } from './errors.ts';
import { stringEnd } from './json.ts';
import { unitAt } from './utf8.ts';

/**
 * Maximum number of members in the payload of a command, inner objects included. In a pushed job
 * only its own members count.
 */
export const MOST_MEMBERS = 1000;

/** Maximum number of members of all entries in one ACKB, FAILB, RELEASE or EXTEND. */
export const MOST_IN_LIST = 10_000;

const SHORTEST = 4; // characters of a member and its comma: `"":1,` without the last comma

/**
 * Throws `MALFORMED` when the objects in this text have more than `most` members in all, at any
 * depth.
 */
export function checkMembers(text: string, most = MOST_MEMBERS): void {
  const { length } = text;
  if (length < most * SHORTEST) return;
  let members = 0;
  for (let i = 0; i < length; i++) {
    const unit = unitAt(text, i);
    if (unit === 0x22 /* " */) {
      const end = stringEnd(text, i);
      if (end <= i) return; // no closing quote: the parser refuses the text
      i = end - 1;
    } else if (unit === 0x3a /* : */ && ++members > most) throw tooManyMembers(most);
  }
}

export function tooManyMembers(most: number): FaktoryError {
  const text = `invalid JSON: more than ${most} members; send only those that the command knows`;
  return new FaktoryError('MALFORMED', text);
}
