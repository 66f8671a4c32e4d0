/* LZF, the compression of strings in an RDB file. It must never write or read outside its buffers, whatever the bytes say. */

/** The text, which must come out `length` bytes long; undefined when the bytes cannot be that. */
export function decompressLzf(input: Buffer, length: number): Buffer | undefined {
  const output = Buffer.allocUnsafe(length);
  let [from, to] = [0, 0];
  while (from < input.length) {
    const control = input[from++] ?? 0;
    if (control < 32) {
      // So many bytes and one more as they are.
      const end = from + control + 1;
      if (end > input.length || to + control + 1 > length) return undefined;
      input.copy(output, to, from, end);
      to += control + 1;
      from = end;
      continue;
    }
    // A repetition: of what length, and how far back.
    let copied = (control >> 5) + 2;
    if (copied === 9) copied += input[from++] ?? 0;
    const back = ((control & 31) << 8) + (input[from++] ?? 0) + 1;
    if (from > input.length || back > to || to + copied > length) return undefined;
    // It may reach into what it writes itself, so byte by byte.
    for (const end = to + copied; to < end; to++) output[to] = output[to - back] ?? 0;
  }
  return to === length ? output : undefined;
}
