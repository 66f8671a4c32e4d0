/**
 * Measures and cuts text by its length as UTF-8, and replaces lone surrogates, which UTF-8 cannot
 * carry.
 *
 * Note: lengths here are bytes; `text.length` counts UTF-16 units.
 */

/**
 * `text.charCodeAt(at)` for loops over every character. V8 has one hidden class per kind of string
 * (flat, sliced, two-byte, …), and after more than four kinds it no longer optimises a call of the
 * method: a scan then takes twice as long (measured) for the life of the process. This form avoids
 * that. Note: `at` must be in bounds, because an `at` out of bounds costs as much.
 */
export function unitAt(text: string, at: number): number {
  return String.prototype.charCodeAt.call(text, at);
}

/**
 * Length of the text as UTF-8, bytes. A lone surrogate counts 3, because it is written as U+FFFD.
 */
export function utf8Length(text: string): number {
  const length = text.length;
  let bytes = length;
  for (let i = 0; i < length; i++) {
    const unit = unitAt(text, i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (startsPair(text, i)) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

/** The longest start of the text that has at most `maxBytes` bytes and splits no character. */
export function cutUtf8(text: string, maxBytes: number): string {
  // A UTF-16 unit takes at most 3 bytes.
  if (text.length * 3 <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  while (end < text.length) {
    const unit = unitAt(text, end);
    const pair = startsPair(text, end);
    bytes += pair ? 4 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    if (bytes > maxBytes) return text.slice(0, end);
    end += pair ? 2 : 1;
  }
  return text;
}

/** The text with every lone surrogate replaced by U+FFFD; the same string when there is none. */
export function wellFormed(text: string): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if ((unitAt(text, i) & 0xf800) !== 0xd800) continue;
    if (startsPair(text, i)) {
      i++;
    } else {
      out += `${text.slice(from, i)}\ufffd`;
      from = i + 1;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Whether a surrogate pair starts at `at`. */
export function startsPair(text: string, at: number): boolean {
  if (at + 1 >= text.length || (unitAt(text, at) & 0xfc00) !== 0xd800) return false;
  return (unitAt(text, at + 1) & 0xfc00) === 0xdc00;
}
