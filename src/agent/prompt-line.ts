import { StringDecoder } from 'node:string_decoder';

/** What a key press asked for. */
export interface PromptActions {
  /** The line was sent with Enter. */
  submit(line: string): void;
  /** Esc: stop what you are doing. */
  interrupt(): void;
  changed(line: string): void;
}

/** The line that a person types at the agent: characters, backspace, Ctrl-U, Ctrl-W, history, bracketed paste. */
export class PromptLine {
  readonly #actions: PromptActions;
  readonly #decoder = new StringDecoder('utf8');
  readonly #history: string[] = [];
  #historyAt = 0;
  #line = '';
  #pasting = false;

  constructor(actions: PromptActions) {
    this.#actions = actions;
  }

  /** Takes raw bytes of the terminal. */
  input(bytes: Buffer): void {
    for (const token of this.#decoder.write(bytes).matchAll(TOKEN)) this.#press(token[0]);
    this.#actions.changed(this.#line);
  }

  #press(key: string): void {
    if (key === '\x1b[200~') this.#pasting = true;
    else if (key === '\x1b[201~') this.#pasting = false;
    else if (this.#pasting && (key === '\r' || key === '\n')) this.#line += ' ';
    else if (key === '\r' || key === '\n') this.#submit();
    else if (key === '\x1b') this.#actions.interrupt();
    else if (key === '\x7f' || key === '\b') this.#line = [...this.#line].slice(0, -1).join('');
    else if (key === '\x15' || key === '\x03') this.#line = '';
    else if (key === '\x17') this.#line = this.#line.replace(/\S*\s*$/, '');
    else if (key === '\x1b[A') this.#recall(-1);
    else if (key === '\x1b[B') this.#recall(1);
    else if (!CONTROL.test(key)) this.#line += key;
  }

  #submit(): void {
    const line = this.#line.trim();
    this.#line = '';
    if (line === '') return;
    this.#history.push(line);
    this.#historyAt = this.#history.length;
    this.#actions.submit(line);
  }

  #recall(step: number): void {
    this.#historyAt = Math.min(this.#history.length, Math.max(0, this.#historyAt + step));
    this.#line = this.#history[this.#historyAt] ?? '';
  }
}

/** An escape sequence, a lone Esc, or one character. */
const TOKEN = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1bO.|\x1b|[^\x1b]/gsu;
const CONTROL = /^[\x00-\x1f\x7f]/;
