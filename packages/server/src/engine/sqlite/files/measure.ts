/**
 * Counts and sums up what passes through it, unchanged: how the checksum of a backup is made, and made again before it is used.
 */
import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

export class Measure extends Transform {
  readonly #hash = createHash('sha256');
  /** That have passed. */
  bytes = 0;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
    done(null, chunk);
  }

  /** Of all that passed, in hex; once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
