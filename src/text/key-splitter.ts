import { StringDecoder } from 'node:string_decoder';

/** Cuts the bytes of a terminal into keys: characters, control characters and escape sequences, whole however the bytes arrive. */
export class KeySplitter {
  readonly #decoder = new StringDecoder('utf8');
  #held = '';

  /** Whether the beginning of an escape sequence is held; after a short wait `flush` says what it is alone. */
  get isHolding(): boolean {
    return this.#held !== '';
  }

  push(bytes: Buffer): string[] {
    const text = this.#held + this.#decoder.write(bytes);
    this.#held = UNFINISHED.exec(text)?.[0] ?? '';
    return split(text.slice(0, text.length - this.#held.length));
  }

  /** Nothing has followed what is held. */
  flush(): string[] {
    const text = this.#held;
    this.#held = '';
    return split(text);
  }
}

const split = (text: string): string[] => text.match(KEY) ?? [];

/** An escape sequence, Alt with a key, a lone Esc, or one character. */
const KEY = /\x1b\[[0-9;<?]*[ -/]*[@-~]|\x1bO.|\x1b[bf\x7f]|\x1b|[^\x1b]/gsu;
const UNFINISHED = /\x1b(?:\[[0-9;<?]*|O)?$/;
