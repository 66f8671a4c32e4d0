/**
 * Refuses a body that is nested too deeply, before anything is built: checking and writing such a value recurses, and overflows the stack.
 */
import { FaktoryError } from '@faktory-ts/protocol';

/** Most levels of objects and arrays; the deepest known body has three. */
export const MOST_LEVELS = 64;

/** Throws MALFORMED for JSON of more than {@link MOST_LEVELS} levels. */
export function checkDepth(body: string): void {
  let levels = 0;
  let isText = false;
  for (let at = 0; at < body.length; at++) {
    const unit = body.charCodeAt(at);
    if (isText) {
      if (unit === 0x5c /* \\ */) at++;
      else if (unit === 0x22 /* " */) isText = false;
    } else if (unit === 0x22) isText = true;
    else if (unit === 0x5b /* [ */ || unit === 0x7b /* { */) {
      if (++levels > MOST_LEVELS) {
        const text = `the body has more than ${MOST_LEVELS} levels of arrays and objects; send only what the route knows`;
        throw new FaktoryError('MALFORMED', text);
      }
    } else if (unit === 0x5d /* ] */ || unit === 0x7d /* } */) levels--;
  }
}
