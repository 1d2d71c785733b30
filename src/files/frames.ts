import { Violation } from './errno.ts';
import { HEADER_BYTES } from './wire.ts';

const SIZE_BYTES = 4;

/** Cuts a byte stream into frames; holds at most one unfinished frame, so at most `limit` bytes. */
export class FrameSplitter {
  /** Largest frame allowed, in bytes; takes effect with the next frame. */
  limit: number;
  readonly #size = Buffer.alloc(SIZE_BYTES);
  #sizeFilled = 0;
  #frame: Buffer | undefined;
  #filled = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The frames that `chunk` completes. A frame wholly inside a chunk is a view of it: no copy. */
  *split(chunk: Buffer): Generator<Buffer> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#frame) {
        const taken = chunk.copy(this.#frame, this.#filled, at);
        at += taken;
        this.#filled += taken;
        if (this.#filled < this.#frame.length) return;
        const frame = this.#frame;
        this.#frame = undefined;
        yield frame;
        continue;
      }
      if (this.#sizeFilled === 0 && chunk.length - at >= SIZE_BYTES) {
        const size = this.#checked(chunk.readUInt32LE(at));
        if (chunk.length - at >= size) {
          yield chunk.subarray(at, at + size);
          at += size;
        } else {
          this.#begin(size);
        }
        continue;
      }
      const taken = chunk.copy(this.#size, this.#sizeFilled, at);
      at += taken;
      this.#sizeFilled += taken;
      if (this.#sizeFilled < SIZE_BYTES) return;
      this.#begin(this.#checked(this.#size.readUInt32LE(0)));
      this.#size.copy(this.#frame ?? this.#size);
      this.#filled = SIZE_BYTES;
      this.#sizeFilled = 0;
    }
  }

  #checked(size: number): number {
    if (size < HEADER_BYTES) throw new Violation(`a frame of ${size} bytes is shorter than a header`);
    if (size > this.limit) throw new Violation(`a frame of ${size} bytes is over the limit of ${this.limit}`);
    return size;
  }

  #begin(size: number): void {
    this.#frame = Buffer.allocUnsafeSlow(size);
    this.#filled = 0;
  }
}
