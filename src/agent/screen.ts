import { widthOf } from '../text/width.ts';
import { Markdown } from './markdown.ts';
import { cutSpans, paint, type Span, span, widthOfSpans, wrapSpans } from './spans.ts';

/** What the screen writes to: the agent's terminal. */
export interface Terminal {
  write(text: string): void;
  columns(): number;
  hasColour: boolean;
  /** Runs `draw` soon; text that streams in is then drawn a few times a second rather than piece by piece. */
  soon(draw: () => void): void;
}

/**
 * The agent's terminal: rows that scroll away for ever, and below them a footer of two rows (state, prompt) that is
 * redrawn in place. Text that streams in stands above the footer and scrolls away line by line.
 */
export class Screen {
  readonly #terminal: Terminal;
  readonly #markdown = new Markdown();
  #left: Span[] = [];
  #right: Span[] = [];
  #typed = '';
  #cursor = 0;
  #partial = '';
  /** Widths of the rows that stand at the bottom now: the partial line and the footer. */
  #drawn: number[] = [];
  /** Rows that scroll away with the next drawing. */
  #scrolled: Span[][] = [];
  #isDue = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Prints lines of text in one style, wrapped; what follows a break hangs by `indent`. */
  print(text: string, style = '', indent = 0): void {
    this.printLines(
      text.split('\n').map((line) => [span(line, style)]),
      indent,
    );
  }

  /** Prints lines made of spans. */
  printLines(lines: readonly (readonly Span[])[], indent = 0): void {
    const partial = this.#takePartial();
    this.#redraw([
      ...partial,
      ...lines.flatMap((line) => wrapSpans(line.map(cleaned), this.#columns(), indent)),
    ]);
  }

  /** Prints one row: `left` is cut as far as `right` needs the room. */
  printRow(left: readonly Span[], right: readonly Span[] = []): void {
    const partial = this.#takePartial();
    this.#redraw([...partial, this.#fitted(left, right, '')]);
  }

  /** Adds Markdown that streams in. */
  stream(delta: string): void {
    const lines = (this.#partial + delta).split('\n');
    this.#partial = lines.pop() ?? '';
    const columns = this.#columns();
    this.#redraw(lines.flatMap((line) => this.#markdown.line(clean(line), columns)));
  }

  /** The streamed text is over. */
  endStream(): void {
    const rows = this.#takePartial();
    if (rows.length > 0) this.#redraw(rows);
  }

  /** Sets the row that tells what the agent does, and what it has used at its right end. */
  status(left: readonly Span[], right: readonly Span[] = []): void {
    this.#left = [...left];
    this.#right = [...right];
    this.#redraw([]);
  }

  /** Shows what the person has typed so far, at once: a hand that waits for its letter notices 50 ms. */
  typed(text: string, cursor: number = text.length): void {
    this.#typed = text;
    this.#cursor = cursor;
    this.#draw();
  }

  /** Draws the footer anew after the terminal changed its size. */
  resized(): void {
    this.#redraw([]);
  }

  /** Forgets all that is on the screen and above it. */
  clear(): void {
    this.#takePartial();
    this.#scrolled = [];
    this.#drawn = [];
    this.#terminal.write('\x1b[H\x1b[2J\x1b[3J');
    this.#redraw([]);
  }

  #takePartial(): Span[][] {
    const columns = this.#columns();
    const rows = this.#partial === '' ? [] : this.#markdown.line(clean(this.#partial), columns);
    this.#partial = '';
    return [...rows, ...this.#markdown.end(columns)];
  }

  /** Draws what is due now; at the end of the process, when nothing comes soon any more. */
  flush(): void {
    if (this.#isDue) this.#draw();
  }

  #redraw(scrolled: readonly Span[][]): void {
    for (const row of scrolled) this.#scrolled.push(row);
    if (this.#isDue) return;
    this.#isDue = true;
    this.#terminal.soon(() => this.flush());
  }

  #draw(): void {
    this.#isDue = false;
    const scrolled = this.#scrolled.splice(0);
    const columns = this.#columns();
    const live = this.#partial === '' ? [] : this.#markdown.preview(clean(this.#partial), columns).slice(-4);
    const status = this.#fitted(this.#left, this.#right, 'apart');
    const prompt = this.#prompt(columns);
    const footer = [...live, status, prompt.row];
    const back = prompt.width - prompt.cursor;
    const text = [
      ...scrolled.map((row) => `${this.#painted(row)}\r\n`),
      footer.map((row) => this.#painted(row)).join('\r\n'),
    ];
    this.#terminal.write(`${this.#erase()}${text.join('')}${back > 0 ? `\x1b[${back}D` : ''}`);
    this.#drawn = footer.map(widthOfSpans);
  }

  /** The row of the prompt, moved so that the cursor is in view. */
  #prompt(columns: number): { row: Span[]; width: number; cursor: number } {
    const room = Math.max(1, columns - 3);
    const before = clean(this.#typed.slice(0, this.#cursor).replaceAll('\n', '↵'));
    let shown = clean(this.#typed.replaceAll('\n', '↵'));
    let hidden = 0;
    while (widthOf(before.slice(hidden)) > room) hidden += (before.codePointAt(hidden) ?? 0) > 0xffff ? 2 : 1;
    shown = shown.slice(hidden);
    const cut = cutSpans([span(shown)], room);
    return {
      row: [span('› ', '1;35'), ...cut],
      width: widthOfSpans(cut),
      cursor: widthOf(before.slice(hidden)),
    };
  }

  /** `left` and `right` on one row: next to each other, or `apart` at its two ends. `left` is cut first; `right` has at most half. */
  #fitted(left: readonly Span[], right: readonly Span[], how: 'apart' | ''): Span[] {
    const columns = this.#columns();
    const end = cutSpans(right.map(cleaned), Math.floor(columns / 2));
    const endWidth = widthOfSpans(end);
    const start = cutSpans(left.map(cleaned), endWidth === 0 ? columns : columns - endWidth - 2);
    const gap = how === 'apart' ? columns - widthOfSpans(start) - endWidth : 2;
    return [...start, span(endWidth === 0 ? '' : ' '.repeat(gap)), ...end];
  }

  /** Goes to where the footer begins and erases from there; a terminal that became narrower has wrapped its rows. */
  #erase(): string {
    if (this.#drawn.length === 0) return '';
    const columns = Math.max(1, this.#terminal.columns());
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ''}\x1b[J`;
  }

  #painted(row: readonly Span[]): string {
    return paint(row, this.#terminal.hasColour);
  }

  #columns(): number {
    return Math.max(10, this.#terminal.columns() - 1);
  }
}

/** Text without control characters, so that nothing that an agent reads can steer the terminal. */
function clean(text: string): string {
  return text.replaceAll('\t', '  ').replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '·');
}

const cleaned = ({ text, style }: Span): Span => ({ text: clean(text), style });
