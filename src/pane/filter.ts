import { allowedCsi, isAllowedEscape, isAllowedOsc } from './filter-rules.ts';

/** Longest control sequence that passes, in characters; what is longer is dropped whole. */
const MAX_SEQUENCE = 4096;

/**
 * A filter for the bytes of an agent's terminal on their way to a person's.
 *
 * Text and everything that draws passes unchanged; what writes the clipboard, changes title or palette, makes the terminal answer,
 * or leaves UTF-8 is removed (`filter-rules.ts`). Only whole sequences come out, so that the receiver's parser is at rest between
 * two results; at most `MAX_SEQUENCE` characters are held back. 8-bit controls come out in their 7-bit form, and invalid UTF-8 as U+FFFD.
 * The result does not depend on where the input was cut.
 */
export interface TerminalFilter {
  /** Takes the next bytes and returns the text that may be shown. */
  push(data: Uint8Array | string): string;
  /** Largest count that a repeating sequence (scroll, insert, repeat …) keeps; the screen's longer side is enough. */
  maxCount: number;
}

/** Makes a filter; each stream needs its own. */
export function createFilter(options: { maxCount?: number } = {}): TerminalFilter {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let state: State = 'ground';
  let held = '';
  let out = '';

  const filter: TerminalFilter = {
    maxCount: options.maxCount ?? 500,
    push(data) {
      const text = typeof data === 'string' ? data : decoder.decode(data, { stream: true });
      // The fast way: most output is text between sequences, and a regular expression finds the next special character at memory speed.
      let at = 0;
      out = '';
      while (at < text.length) {
        if (state === 'ground') {
          SPECIAL.lastIndex = at;
          const found = SPECIAL.exec(text)?.index ?? text.length;
          if (found > at) out += text.slice(at, found);
          at = found;
          if (at === text.length) break;
        }
        step(text.charAt(at));
        at++;
      }
      const result = out;
      out = '';
      return result;
    },
  };
  return filter;

  function step(character: string): void {
    const code = character.charCodeAt(0);
    if (code === ESC) {
      // ESC ends whatever was open; only `ESC \` may still complete a string.
      if (state === 'osc') state = 'osc-escape';
      else if (state === 'string') state = 'string-escape';
      else begin('escape');
      return;
    }
    if (code === CAN || code === SUB) reset();
    else if (code >= 0x80 && code <= 0x9f) stepC1(code);
    else if (state === 'osc-escape' || state === 'string-escape') {
      if (character === '\\') endString('\x1b\\');
      else {
        begin('escape');
        stepEscape(character, code);
      }
    } else if (state === 'escape') stepEscape(character, code);
    else if (state === 'csi') stepCsi(character, code);
    else if (state === 'osc') {
      if (code === BEL) endString('\x07');
      else if (code >= 0x20) hold(character);
    }
    // In `string` everything is dropped; in `ground` only ENQ comes here, which some terminals answer, so it goes nowhere.
  }

  /** 8-bit controls act like ESC and a letter (ECMA-48, 5.3), whatever state they come in. */
  function stepC1(code: number): void {
    if (code === 0x9c) endString('\x1b\\');
    else {
      begin('escape');
      stepEscape(String.fromCharCode(code - 0x40), code - 0x40);
    }
  }

  function stepEscape(character: string, code: number): void {
    if (code < 0x20) execute(character, code);
    else if (code >= 0x7f) abort(character, code);
    else if (held === '' && character === '[') begin('csi');
    else if (held === '' && character === ']') begin('osc');
    // DCS, SOS, PM, APC; and `ESC k`, the title string of screen and tmux
    else if (held === '' && 'PX^_k'.includes(character)) begin('string');
    else {
      hold(character);
      if (code < 0x30) return; // an intermediate: more to come
      if (isAllowedEscape(held)) out += `\x1b${held}`;
      reset();
    }
  }

  function stepCsi(character: string, code: number): void {
    if (code < 0x20) execute(character, code);
    else if (code >= 0x7f) abort(character, code);
    else {
      hold(character);
      if (code < 0x40) return;
      if (held.length <= MAX_SEQUENCE) out += allowedCsi(held, filter.maxCount);
      reset();
    }
  }

  /** A C0 control inside a sequence acts at once in every terminal; it comes out before the sequence. */
  function execute(character: string, code: number): void {
    if (code !== ENQ) out += character;
  }

  /** A character that no sequence can hold ends it, and is text; DEL alone means nothing (ECMA-48). */
  function abort(character: string, code: number): void {
    if (code === 0x7f) return;
    reset();
    out += character;
  }

  function endString(terminator: string): void {
    if ((state === 'osc' || state === 'osc-escape') && held.length <= MAX_SEQUENCE && isAllowedOsc(held)) {
      out += `\x1b]${held}${terminator}`;
    }
    reset();
  }

  /** Past the limit only the length is remembered, so that an endless sequence costs nothing. */
  function hold(character: string): void {
    if (held.length <= MAX_SEQUENCE) held += character;
  }

  function begin(next: State): void {
    state = next;
    held = '';
  }

  function reset(): void {
    state = 'ground';
    held = '';
  }
}

type State = 'ground' | 'escape' | 'csi' | 'osc' | 'osc-escape' | 'string' | 'string-escape';

const ENQ = 0x05;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;

/** What ends a run of plain text: ENQ, CAN, SUB, ESC and the C1 controls. */
const SPECIAL = /[\x05\x18\x1a\x1b\x80-\x9f]/g;
