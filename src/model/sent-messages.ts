/**
 * The messages of a conversation as JSON, one behind the other in one buffer: what stays the same from request to request
 * is copied as a whole, however many messages it is.
 */
export class SentMessages {
  #buffer = Buffer.alloc(0);
  /** Where each message ends; a comma follows. */
  readonly #ends: number[] = [];

  get count(): number {
    return this.#ends.length;
  }

  /** Their length together, in bytes. */
  get bytes(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** Lets go all but the first `count`. */
  cut(count: number): void {
    this.#ends.length = Math.min(this.#ends.length, count);
  }

  add(json: Buffer): void {
    const start = this.#start(this.count);
    const end = start + json.length;
    if (end + 1 > this.#buffer.length) {
      const wider = Buffer.alloc(2 * (end + 1));
      this.#buffer.copy(wider);
      this.#buffer = wider;
    }
    json.copy(this.#buffer, start);
    this.#buffer.write(',', end);
    this.#ends.push(end);
  }

  at(index: number): string {
    return this.range(index, index + 1).toString('utf8');
  }

  /** Those from `from` up to `to`, with a comma between each two. The bytes are good until the next change. */
  range(from: number, to: number): Buffer {
    return this.#buffer.subarray(this.#start(from), this.#ends[to - 1]);
  }

  /** The last `count`. */
  last(count: number): string[] {
    const from = Math.max(0, this.count - count);
    return Array.from({ length: this.count - from }, (_, index) => this.at(from + index));
  }

  #start(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0) + 1;
  }
}
