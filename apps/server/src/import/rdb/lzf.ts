/**
 * Decompresses LZF, the compression of strings in an RDB file. Never reads or writes outside its
 * buffers, whatever the bytes say.
 */

/** Returns the text, which must be `length` bytes long; undefined when the bytes are bad. */
export function decompressLzf(input: Buffer, length: number): Buffer | undefined {
  const output = Buffer.allocUnsafe(length);
  let [from, to] = [0, 0];
  while (from < input.length) {
    const control = input[from++] ?? 0;
    if (control < 32) {
      // `control + 1` literal bytes.
      const end = from + control + 1;
      if (end > input.length || to + control + 1 > length) return undefined;
      input.copy(output, to, from, end);
      to += control + 1;
      from = end;
      continue;
    }
    // A repetition: its length, and its distance back.
    let copied = (control >> 5) + 2;
    if (copied === 9) copied += input[from++] ?? 0;
    const back = ((control & 31) << 8) + (input[from++] ?? 0) + 1;
    if (from > input.length || back > to || to + copied > length) return undefined;
    // It may overlap its own output, so copy byte by byte.
    for (const end = to + copied; to < end; to++) output[to] = output[to - back] ?? 0;
  }
  return to === length ? output : undefined;
}
