import type { OpenFile } from './open-file.ts';

/** Names remembered at a time, over all directories being read; a guest must not be able to fill the host's memory. */
const MOST_NAMES = 1_000_000;

/** The names of directories while they are read. The oldest are forgotten first; such a directory is simply read again. */
export class Listings {
  readonly #kept = new Map<OpenFile, string[]>();
  #names = 0;

  of(open: OpenFile): string[] | undefined {
    return this.#kept.get(open);
  }

  keep(open: OpenFile, names: string[]): void {
    this.forget(open);
    for (const oldest of this.#kept.keys()) {
      if (this.#names + names.length <= MOST_NAMES) break;
      this.forget(oldest);
    }
    this.#kept.set(open, names);
    this.#names += names.length;
  }

  forget(open: OpenFile): void {
    this.#names -= this.#kept.get(open)?.length ?? 0;
    this.#kept.delete(open);
  }
}
