/**
 * Counts the bytes that pass through it unchanged, and computes their checksum.
 */
import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

export class Measure extends Transform {
  readonly #hash = createHash('sha256');
  /** Bytes that have passed so far. */
  bytes = 0;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
    done(null, chunk);
  }

  /** Returns the checksum of all bytes in hex. Call it once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
