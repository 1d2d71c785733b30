import { KeySplitter } from './key-splitter.ts';

/** What a key asked for, beyond changing the line. */
export type LineEvent =
  | { type: 'submit'; line: string }
  /** Esc, alone. */
  | { type: 'escape' }
  /** A key that edits nothing: Ctrl-O as `\x0f`, PgUp as `\x1b[5~`. */
  | { type: 'key'; key: string };

/**
 * One line that a person types: characters of any width, cursor, words, history, bracketed paste (whose line breaks stay in the line).
 * It knows no terminal; who owns it draws `text` with the cursor before character `cursor` (counted in UTF-16 units).
 */
export class LineEditor {
  text = '';
  cursor = 0;
  readonly #keys = new KeySplitter();
  readonly #history: string[] = [];
  #historyAt = 0;
  /** What was typed before the person looked into the history. */
  #draft = '';
  #killed = '';
  #isPasting = false;

  /** Whether the beginning of an escape sequence is held; after a short wait `flush` says what it is alone. */
  get isHolding(): boolean {
    return this.#keys.isHolding;
  }

  /** Takes raw bytes of the terminal. */
  push(bytes: Buffer): LineEvent[] {
    return this.#keys.push(bytes).flatMap((key) => this.#press(key) ?? []);
  }

  /** Nothing has followed what is held. */
  flush(): LineEvent[] {
    return this.#keys.flush().flatMap((key) => this.#press(key) ?? []);
  }

  #press(key: string): LineEvent | undefined {
    if (key === '\x1b[200~') this.#isPasting = true;
    else if (key === '\x1b[201~') this.#isPasting = false;
    else if (key === '\n' || (this.#isPasting && key === '\r')) this.#insert('\n');
    else if (key === '\r') return this.#submit();
    else if (key === '\x1b') return { type: 'escape' };
    else if (MOVES[key] !== undefined) this.cursor = MOVES[key](this);
    else if (ERASES[key] !== undefined) this.#remove(ERASES[key](this));
    else if (KILLS[key] !== undefined) this.#killed = this.#remove(KILLS[key](this));
    else if (key === '\x03') this.#set('');
    else if (key === '\x1b[A' || key === '\x1bOA' || key === '\x10') this.#recall(-1);
    else if (key === '\x1b[B' || key === '\x1bOB' || key === '\x0e') this.#recall(1);
    else if (key === '\x19') this.#insert(this.#killed);
    else if (CONTROL.test(key)) return { type: 'key', key };
    else this.#insert(key);
    return undefined;
  }

  /** Takes away what lies between the cursor and `to`, and returns it. */
  #remove(to: number): string {
    const [from, until] = to < this.cursor ? [to, this.cursor] : [this.cursor, to];
    const removed = this.text.slice(from, until);
    this.text = this.text.slice(0, from) + this.text.slice(until);
    this.cursor = from;
    return removed;
  }

  #insert(text: string): void {
    this.text = this.text.slice(0, this.cursor) + text + this.text.slice(this.cursor);
    this.cursor += text.length;
  }

  #submit(): LineEvent | undefined {
    const line = this.text.trim();
    this.#set('');
    if (line === '') return undefined;
    if (this.#history.at(-1) !== line) this.#history.push(line);
    this.#historyAt = this.#history.length;
    return { type: 'submit', line };
  }

  #recall(step: number): void {
    if (this.#historyAt === this.#history.length) this.#draft = this.text;
    this.#historyAt = Math.min(this.#history.length, Math.max(0, this.#historyAt + step));
    this.#set(this.#history[this.#historyAt] ?? this.#draft);
  }

  #set(text: string): void {
    this.text = text;
    this.cursor = text.length;
  }
}

/** The place one character before or after `at`; marks that combine belong to the character before them. */
function beside({ text, cursor }: LineEditor, step: -1 | 1): number {
  let at = cursor;
  do {
    const code = text.codePointAt(
      step < 0 && /[\udc00-\udfff]/.test(text[at - 1] ?? '') ? at - 2 : at + Math.min(0, step),
    );
    if (code === undefined) break;
    at += step * (code > 0xffff ? 2 : 1);
  } while (at > 0 && at < text.length && JOINED.test(text.slice(at)));
  return Math.min(text.length, Math.max(0, at));
}

/** The place one word before or after the cursor. */
function wordBeside({ text, cursor }: LineEditor, step: -1 | 1): number {
  if (step < 0) return text.slice(0, cursor).replace(/\S*\s*$/, '').length;
  return text.length - text.slice(cursor).replace(/^\s*\S*/, '').length;
}

/** Where a key moves the cursor. */
const MOVES: Partial<Record<string, (line: LineEditor) => number>> = {
  '\x1b[D': (line) => beside(line, -1),
  '\x1b[C': (line) => beside(line, 1),
  '\x1bOD': (line) => beside(line, -1),
  '\x1bOC': (line) => beside(line, 1),
  '\x02': (line) => beside(line, -1),
  '\x06': (line) => beside(line, 1),
  '\x1b[1;5D': (line) => wordBeside(line, -1),
  '\x1b[1;5C': (line) => wordBeside(line, 1),
  '\x1bb': (line) => wordBeside(line, -1),
  '\x1bf': (line) => wordBeside(line, 1),
  '\x1b[H': () => 0,
  '\x1bOH': () => 0,
  '\x1b[1~': () => 0,
  '\x01': () => 0,
  '\x1b[F': ({ text }) => text.length,
  '\x1bOF': ({ text }) => text.length,
  '\x1b[4~': ({ text }) => text.length,
  '\x05': ({ text }) => text.length,
};

/** What a key takes away: from the cursor, to here. */
const ERASES: Partial<Record<string, (line: LineEditor) => number>> = {
  '\x7f': (line) => beside(line, -1),
  '\b': (line) => beside(line, -1),
  '\x1b[3~': (line) => beside(line, 1),
  '\x04': (line) => beside(line, 1),
};

/** The same for what Ctrl-Y brings back. */
const KILLS: Partial<Record<string, (line: LineEditor) => number>> = {
  '\x17': (line) => wordBeside(line, -1),
  '\x1b\x7f': (line) => wordBeside(line, -1),
  '\x15': () => 0,
  '\x0b': ({ text }) => text.length,
};

const CONTROL = /^[\x00-\x1f\x7f]/;
/** What belongs to the character before it: combining marks, joiners, variation selectors. */
const JOINED = /^(?:\p{M}|\u200d)/u;
