import { LineEditor, type LineEvent } from '../text/line-editor.ts';

/** What a key press asked for. */
export interface PromptActions {
  /** The line was sent with Enter. */
  submit(line: string): void;
  /** Esc: stop what you are doing. */
  interrupt(): void;
  /** Ctrl-O: the last tool call in full. */
  detail(): void;
  changed(line: string, cursor: number): void;
}

/** How long an escape may be the beginning of a longer key, in milliseconds; a serial line hands over a key in pieces. */
const ESCAPE_MS = 80;

/** The line that a person types at the agent. */
export class PromptLine {
  readonly #actions: PromptActions;
  readonly #editor = new LineEditor();
  #timer: NodeJS.Timeout | undefined;

  constructor(actions: PromptActions) {
    this.#actions = actions;
  }

  /** Takes raw bytes of the terminal. */
  input(bytes: Buffer): void {
    clearTimeout(this.#timer);
    this.#act(this.#editor.push(bytes));
    if (this.#editor.isHolding) this.#timer = setTimeout(() => this.#act(this.#editor.flush()), ESCAPE_MS);
  }

  #act(events: LineEvent[]): void {
    for (const event of events) {
      if (event.type === 'submit') this.#actions.submit(event.line);
      else if (event.type === 'escape') this.#actions.interrupt();
      else if (event.key === '\x0f') this.#actions.detail();
    }
    this.#actions.changed(this.#editor.text, this.#editor.cursor);
  }
}
