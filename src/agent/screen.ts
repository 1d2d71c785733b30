import { cutLine, widthOf, wrapLine } from './width.ts';

/** Colours of the screen; a line has one. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'bad' | 'mail' | 'user';

const SGR: Record<Tone, string> = {
  plain: '',
  dim: '2',
  strong: '1',
  good: '32',
  bad: '31',
  mail: '36',
  user: '35',
};

/** What the screen writes to: the agent's terminal. */
export interface Terminal {
  write(text: string): void;
  columns(): number;
  colour: boolean;
}

/**
 * The agent's terminal: lines that scroll away for ever, and below them a footer of two rows (state, prompt) that is
 * redrawn in place. Text that streams in stands above the footer and scrolls away line by line.
 */
export class Screen {
  readonly #terminal: Terminal;
  #status = '';
  #typed = '';
  #partial = '';
  /** Widths of the rows that stand at the bottom now: the partial line and the footer. */
  #drawn: number[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Prints whole lines. */
  print(text: string, tone: Tone = 'plain'): void {
    this.#flushPartial();
    this.#redraw(text.split('\n').flatMap((line) => this.#rows(clean(line), tone)));
  }

  /** Prints a line that is cut rather than wrapped. */
  printCut(text: string, tone: Tone = 'plain'): void {
    this.#flushPartial();
    this.#redraw([this.#paint(cutLine(clean(text), this.#columns()), tone)]);
  }

  /** Adds text that streams in. */
  stream(delta: string): void {
    const lines = (this.#partial + delta).split('\n');
    this.#partial = lines.pop() ?? '';
    this.#redraw(lines.flatMap((line) => this.#rows(clean(line), 'plain')));
  }

  /** Sets the row that tells who this is and what it does. */
  status(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    this.#redraw([]);
  }

  /** Shows what the person has typed so far. */
  typed(text: string): void {
    this.#typed = text;
    this.#redraw([]);
  }

  /** Draws the footer anew after the terminal changed its size. */
  resized(): void {
    this.#redraw([]);
  }

  #flushPartial(): void {
    if (this.#partial === '') return;
    const rows = this.#rows(clean(this.#partial), 'plain');
    this.#partial = '';
    this.#redraw(rows);
  }

  #redraw(scrolled: string[]): void {
    const columns = this.#columns();
    const prompt = `› ${tail(clean(this.#typed), columns - 3)}`;
    const live = this.#partial === '' ? [] : wrapLine(clean(this.#partial), columns).slice(-4);
    const status = cutLine(clean(this.#status), columns);
    const footer = [...live, this.#paint(status, 'dim'), prompt];
    const erase = this.#erase();
    this.#terminal.write(`${erase}${scrolled.map((row) => `${row}\r\n`).join('')}${footer.join('\r\n')}`);
    this.#drawn = [...live, status, prompt].map(widthOf);
  }

  /** Goes to where the footer begins and erases from there; a terminal that became narrower has wrapped its rows. */
  #erase(): string {
    if (this.#drawn.length === 0) return '';
    const columns = Math.max(1, this.#terminal.columns());
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ''}\x1b[J`;
  }

  #rows(line: string, tone: Tone): string[] {
    return wrapLine(line, this.#columns()).map((row) => this.#paint(row, tone));
  }

  #paint(row: string, tone: Tone): string {
    return SGR[tone] === '' || !this.#terminal.colour || row === '' ? row : `\x1b[${SGR[tone]}m${row}\x1b[0m`;
  }

  #columns(): number {
    return Math.max(10, this.#terminal.columns() - 1);
  }
}

/** Text without control characters, so that nothing that an agent reads can steer the terminal. */
function clean(text: string): string {
  return text.replaceAll('\t', '  ').replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '·');
}

/** The end of a text, at most `columns` wide. */
function tail(text: string, columns: number): string {
  let kept = text;
  while (widthOf(kept) > columns) kept = kept.slice(1);
  return kept;
}
