/** A piece of a document in its order; a cell of a table may have several lines. */
export type Block =
  | { kind: 'heading' | 'item'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'picture'; text: string }
  | { kind: 'table'; rows: string[][] };

/** A slide, or the whole of a text document. */
export interface Part {
  title: string;
  blocks: Block[];
  /** What the speaker says to it. */
  notes: string[];
}

/** The words of a text document (docx) or a deck (pptx); `reason` says why it can't be read. */
export interface Outline {
  kind: 'text' | 'deck';
  parts: Part[];
  /** Whether there is more than is shown. */
  isCut: boolean;
  reason: string | null;
}

/** What is read of a document: enough to look at, and bounded whatever it claims. */
const MOST = { blocks: 10_000, cells: 50_000, letters: 2_000, allLetters: 2_000_000 };
export const SLIDES_MAX = 500;

/** Collects the blocks of a document until one of the bounds is reached; then it is cut and takes no more. */
export class Collector {
  isCut = false;
  #blocks = MOST.blocks;
  #cells = MOST.cells;
  #letters = MOST.allLetters;
  #table: string[][] | undefined;
  #depth = 0;

  /** A text as it may be shown; empty when there is no room for more. */
  bounded(text: string): string {
    const most = Math.min(MOST.letters, this.#letters);
    if (text.length > most) this.isCut = true;
    const kept = text.slice(0, most);
    this.#letters -= kept.length;
    return kept;
  }

  add(part: Part, block: Block): void {
    if (this.#blocks-- > 0) part.blocks.push(block);
    else this.isCut = true;
  }

  /** Follows the tags of a table; tables in a table are lines of its cell. True while it is in one. */
  follow(name: string, isEnd: boolean, part: Part): boolean {
    if (name === 'tbl') {
      this.#depth = Math.max(0, this.#depth + (isEnd ? -1 : 1));
      if (this.#depth === 1 && !isEnd) this.#table = [];
      if (this.#depth === 0 && this.#table !== undefined) {
        this.add(part, { kind: 'table', rows: this.#table });
        this.#table = undefined;
      }
    }
    if (this.#depth === 1 && !isEnd && name === 'tr') this.#table?.push([]);
    if (this.#depth === 1 && !isEnd && name === 'tc') {
      if (this.#cells-- > 0) this.#table?.at(-1)?.push('');
      else this.isCut = true;
    }
    return this.#table !== undefined;
  }

  /** One more line of the cell that was begun last. */
  line(text: string): void {
    const row = this.#table?.at(-1);
    const before = row?.at(-1);
    if (row !== undefined && before !== undefined)
      row[row.length - 1] = before === '' ? text : `${before}\n${text}`;
  }
}
