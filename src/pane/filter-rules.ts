/**
 * Which control sequences of an agent reach a person's terminal. The lists name what draws; what is not listed does not pass,
 * so that a terminal's private query of tomorrow is refused too. After xterm's ctlseqs and ECMA-48.
 */

/** Whether `ESC` + `body` draws: cursor save and restore, index, reset, character sets, line attributes, keypad. */
export function isAllowedEscape(body: string): boolean {
  return /^(?:[78DEHMNOc=>no|}~69]|#[34568]|[()*+][0-9A-Za-z<>"&%=`]|[-./][A-Za-z])$/.test(body);
}

/** Whether an OSC string may pass: only hyperlinks (OSC 8) to the web, a mail address or a file; never clipboard, title, palette or notices. */
export function isAllowedOsc(body: string): boolean {
  return /^8;[A-Za-z0-9=:_.-]*;(?:(?:https?|mailto|file):[^\s]*)?$/.test(body);
}

/**
 * The CSI sequence of `body` (all after `CSI`) as it may pass: whole, with counts cut to `maxCount`, with only its allowed modes,
 * or the empty string.
 */
export function allowedCsi(body: string, maxCount: number): string {
  const parts = CSI.exec(body);
  if (parts === null) return '';
  const [, prefix = '', parameters = '', intermediates = '', final = ''] = parts;
  if (LONG_NUMBER.test(parameters)) return '';
  const kind = prefix + intermediates;
  if (ALLOWED_FINALS[kind]?.includes(final) !== true) return '';
  if (final === 'h' || final === 'l') return allowedModes(prefix, parameters, final);
  if (kind === '' && COUNTED.includes(final) && Number(parameters) > maxCount)
    return `\x1b[${maxCount}${final}`;
  return `\x1b[${body}`;
}

/** Prefix, parameters, intermediates and final character (ECMA-48, 5.4). */
const CSI = /^([<=>?]?)([0-9:;]*)([\x20-\x2f]*)([\x40-\x7e])$/;

/** No screen needs it, and terminals count up to 2^31 with it. */
const LONG_NUMBER = /\d{6}/;

/** By prefix and intermediates. The prefixes `>`, `<` and `=` only ask or change how keys are sent, so none of theirs pass. */
const ALLOWED_FINALS: Partial<Record<string, string>> = {
  // without: t (window), c n x (answer), i (printer), q (lamps), y (self-test)
  '': '@ABCDEFGHIJKLMPSTXZ`abdefghjklmrsu',
  '?': 'hlJK',
  ' ': 'q@A', // cursor shape; scroll left, right
  '!': 'p', // soft reset
  '"': 'q', // protected characters
  $: 'rtvxz{', // rectangles
  "'": '}~', // insert, delete columns
  '*': 'x',
  '#': '{}pq', // push and pop colours
};

/** Finals whose first number is how often something is repeated; terminals loop over it. */
const COUNTED = '@ILMPSTXZb';

/** ANSI modes: insert, newline. Not: keyboard lock, local echo. */
const ANSI_MODES = new Set(['4', '20']);

/**
 * Private modes: cursor keys, reverse video, origin, wrap, blink, cursor, reverse wrap, alternate screen, keypad, mouse, focus, paste,
 * synchronised output. Not: VT52 (its language is another one), 132 columns, reports sent unasked.
 */
const PRIVATE_MODES = new Set(
  '1 5 6 7 9 12 25 45 47 66 1000 1002 1003 1004 1005 1006 1007 1015 1016 1047 1048 1049 2004 2026'.split(' '),
);

function allowedModes(prefix: string, parameters: string, final: string): string {
  const allowed = prefix === '?' ? PRIVATE_MODES : ANSI_MODES;
  const asked = parameters.split(';');
  const kept = asked.filter((mode) => allowed.has(mode.replace(/^0+(?=\d)/, '')));
  return kept.length === 0 ? '' : `\x1b[${prefix}${kept.join(';')}${final}`;
}
