import { LineEditor } from '../text/line-editor.ts';
import { openPanel, type Panel } from './panel.ts';
import { type Composed, composeLine } from './status-line.ts';
import type { TeamDesk } from './team-desk.ts';

export interface TalkOptions {
  team: TeamDesk;
  /** Something is to be drawn. */
  changed: () => void;
  /** What came of a message or an answer; `isLong` for what one has to read. */
  say: (text: string, isLong: boolean) => void;
}

/** The keys that open a panel. */
export type PanelKey = 't' | 'm' | 'a';

/** Lines that a key scrolls a panel by. */
const SCROLLS: Partial<Record<string, number>> = {
  ...{ '\x1b[A': -1, '\x1bOA': -1, '\x1b[B': 1, '\x1bOB': 1 },
  ...{ '\x1b[5~': -10, '\x1b[6~': 10 },
};
const TITLES: Record<PanelKey, string> = { t: 'Tasks', m: 'Mail', a: 'Asked of you' };

/** What a person reads and says beside the panes: a panel over them, and the line at the bottom in which they write. */
export class Talk implements Disposable {
  readonly #options: TalkOptions;
  #panel: Panel | undefined;
  #line: LineEditor | undefined;
  #composed: Composed = 'broadcast';

  constructor(options: TalkOptions) {
    this.#options = options;
  }

  /** The key of the panel that is open. */
  get panel(): PanelKey | undefined {
    return this.#panel?.key as PanelKey | undefined; // opened here only
  }

  get isComposing(): boolean {
    return this.#line !== undefined;
  }

  /** Whether what was typed may be the beginning of a longer key. */
  get isHolding(): boolean {
    return this.#line?.isHolding === true;
  }

  /** Opens a panel in place of the one that is open, or closes it when it is this one. */
  toggle(key: PanelKey): void {
    const wasOpen = this.#panel?.key === key;
    this.close();
    if (wasOpen) return;
    const { team, changed } = this.#options;
    const read = { t: () => team.tasks(), m: () => team.readMail(), a: () => team.requests() }[key];
    this.#panel = openPanel({ key, title: TITLES[key], read, changed, isLog: key === 'm' });
  }

  close(): void {
    this.#panel?.[Symbol.dispose]();
    this.#panel = undefined;
  }

  /** A key while a panel is open; false when it means nothing there. */
  steer(key: string): boolean {
    const lines = SCROLLS[key];
    if (lines !== undefined) this.#panel?.scroll(lines);
    else if (key === 'q' || key === '\x1b' || key === this.#panel?.key) this.close();
    else return false;
    return true;
  }

  /** Begins a message to everybody, or an answer with the requests in view. */
  begin(what: Composed): void {
    if (what === 'answer' && this.#panel?.key !== 'a') this.toggle('a');
    this.#line = new LineEditor();
    this.#composed = what;
  }

  /** Leaves what is being written. */
  drop(): void {
    this.#line = undefined;
  }

  /** Takes typed bytes; none say that no more of a key has come. */
  type(bytes: Buffer): void {
    const events = bytes.length === 0 ? this.#line?.flush() : this.#line?.push(bytes);
    const end = events?.find(({ type }) => type !== 'key');
    this.#options.changed();
    if (end === undefined) return;
    this.#line = undefined;
    const text = end.type === 'submit' ? end.line : '';
    if (text.trim() !== '') void this.#send(text);
    else if (this.#composed === 'answer') this.close();
  }

  /** The panel over rows of `cols` columns. */
  draw(rows: string[], cols: number): string[] {
    return this.#panel?.draw(rows, cols) ?? rows;
  }

  /** The line that is being written, and the column of the cursor in it. */
  line(cols: number): { row: string; cursor: number } | undefined {
    return this.#line === undefined ? undefined : composeLine(this.#line, this.#composed, cols);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #send(text: string): Promise<void> {
    const { team, say } = this.#options;
    if (this.#composed === 'answer') return say(await team.answer(text).catch(messageOf), true);
    say('sending …', false);
    say(await team.broadcast(text).catch((error: unknown) => `not sent: ${messageOf(error)}`), false);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
