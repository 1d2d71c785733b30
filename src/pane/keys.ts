/** What a viewer's keys mean: bytes for the agent, or a command for the viewer itself. */
export type KeyEvent =
  | { type: 'input'; bytes: Buffer }
  | { type: 'command'; command: KeyCommand }
  | { type: 'agent'; number: number }
  /** The prefix was typed: the next key is a command. */
  | { type: 'prefix' };

export type KeyCommand =
  | 'detach'
  | 'help'
  | 'next'
  | 'previous'
  | 'page-up'
  | 'page-down'
  | 'broadcast'
  | 'answer'
  | 'tasks'
  | 'mail'
  | 'size'
  | 'unknown';

export interface KeyReader {
  /** Takes the next bytes of the terminal, and returns what they mean, in order. */
  push(data: Buffer): KeyEvent[];
  /** Whether bytes are held that may be the beginning of a sequence; `flush` gives them up as they are. */
  readonly isHolding: boolean;
  flush(): KeyEvent[];
}

/** Ctrl-] */
const PREFIX = '\x1d';
const PASTE_BEGINS = '\x1b[200~';
const PASTE_ENDS = '\x1b[201~';

/** Sequences that mean a command without the prefix: Shift+Up and Shift+Down. */
const DIRECT: Record<string, KeyCommand> = { '\x1b[1;2A': 'previous', '\x1b[1;2B': 'next' };

const AFTER_PREFIX: Record<string, KeyCommand> = {
  d: 'detach',
  '\x04': 'detach',
  '?': 'help',
  n: 'next',
  p: 'previous',
  a: 'answer',
  b: 'broadcast',
  t: 'tasks',
  m: 'mail',
  s: 'size',
  '\x1b[1;2A': 'previous',
  '\x1b[1;2B': 'next',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
};

/** A mouse report in SGR form: button, column, row. */
const MOUSE = /^\x1b\[<(\d{1,5});(\d{1,5});(\d{1,5})([Mm])/;
/** What may still become one of the sequences looked for. */
const MAYBE_MORE =
  /^(?:\x1b|\x1b\[|\x1b\[1|\x1b\[1;|\x1b\[1;2|\x1b\[2|\x1b\[20|\x1b\[200|\x1b\[<[\d;]{0,17})$/;
/** One key after the prefix: a sequence, or one byte. */
const ONE_KEY = /^(?:\x1b\[[0-9;]*[@-~]|\x1bO[@-~]|[\s\S])/;

/**
 * Reads keys. Everything passes as it is, but for the prefix, Shift+Up and Shift+Down; nothing is a command inside a bracketed paste.
 * `mapRow` gives the row of the agent's screen for a row of the terminal (both from 1), or undefined where there is none: such mouse
 * reports are dropped.
 */
export function createKeyReader(mapRow: (row: number) => number | undefined): KeyReader {
  let held = '';
  let state: 'normal' | 'prefix' | 'paste' = 'normal';

  return {
    get isHolding() {
      return held !== '';
    },
    push(data) {
      // Latin-1 keeps every byte as one character, so that keys of any encoding come out as they went in.
      const text = held + data.toString('latin1');
      held = '';
      return read(text, false);
    },
    flush() {
      const text = held;
      held = '';
      return read(text, true);
    },
  };

  function read(text: string, isFinal: boolean): KeyEvent[] {
    const events: KeyEvent[] = [];
    let input = '';
    const pass = (length: number): void => {
      input += text.slice(0, length);
      text = text.slice(length);
    };
    const emit = (event: KeyEvent): void => {
      if (input !== '') events.push({ type: 'input', bytes: Buffer.from(input, 'latin1') });
      input = '';
      events.push(event);
    };

    while (text !== '') {
      if (state === 'paste') {
        const end = text.indexOf(PASTE_ENDS);
        if (end >= 0) {
          pass(end + PASTE_ENDS.length);
          state = 'normal';
          continue;
        }
        const tail = isFinal ? 0 : partialEnd(text, PASTE_ENDS);
        pass(text.length - tail);
        break;
      }
      if (state === 'prefix') {
        if (!isFinal && /^\x1b(?:\[[0-9;]*|O)?$/.test(text)) break;
        const key = ONE_KEY.exec(text)?.[0] ?? text;
        text = text.slice(key.length);
        state = 'normal';
        if (key === PREFIX) input += PREFIX;
        else if (/^[1-9]$/.test(key)) emit({ type: 'agent', number: Number(key) });
        else emit({ type: 'command', command: AFTER_PREFIX[key] ?? 'unknown' });
        continue;
      }
      const special = text.search(/[\x1d\x1b]/);
      if (special !== 0) {
        pass(special < 0 ? text.length : special);
        continue;
      }
      if (text.startsWith(PREFIX)) {
        text = text.slice(1);
        state = 'prefix';
        emit({ type: 'prefix' });
        continue;
      }
      if (!isFinal && MAYBE_MORE.test(text)) break;
      const direct = DIRECT[text.slice(0, 6)];
      if (direct !== undefined) {
        text = text.slice(6);
        emit({ type: 'command', command: direct });
        continue;
      }
      if (text.startsWith(PASTE_BEGINS)) {
        pass(PASTE_BEGINS.length);
        state = 'paste';
        continue;
      }
      const mouse = MOUSE.exec(text);
      if (mouse !== null) {
        const [report, button, column, row, final] = mouse;
        const mapped = mapRow(Number(row));
        if (mapped !== undefined) input += `\x1b[<${button};${column};${mapped}${final}`;
        text = text.slice(report.length);
        continue;
      }
      pass(1);
    }
    held = text;
    if (input !== '') events.push({ type: 'input', bytes: Buffer.from(input, 'latin1') });
    return events;
  }
}

/** How many characters at the end of `text` are the beginning of `sequence`. */
function partialEnd(text: string, sequence: string): number {
  for (let length = Math.min(text.length, sequence.length - 1); length > 0; length--) {
    if (text.endsWith(sequence.slice(0, length))) return length;
  }
  return 0;
}
