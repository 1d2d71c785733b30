import { widthOf } from '../text/width.ts';

/** What a person's terminal can show. */
export interface TerminalLook {
  hasColour: boolean;
  /** Whether it takes UTF-8. */
  hasUnicode: boolean;
}

/** Reads it from the environment: `NO_COLOR` (no-color.org), and a locale that is set to something other than UTF-8. */
export function terminalLook(env: NodeJS.ProcessEnv): TerminalLook {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return {
    hasColour: (env.NO_COLOR ?? '') === '',
    hasUnicode: locale === undefined || locale === '' || /utf-?8/i.test(locale),
  };
}

/** A row of text and SGR sequences as this terminal can show it, every character as wide as it was. */
export function adaptRow(row: string, look: TerminalLook): string {
  const coloured = look.hasColour ? row : row.replaceAll(SGR, withoutColours);
  return look.hasUnicode ? coloured : coloured.replaceAll(/[^\x00-\x7f]/gu, inAscii);
}

const SGR = /\x1b\[([\d;]*)m/g;
const COLOUR = /(?:^|;)(?:[34]8;(?:5;\d+|2;\d+;\d+;\d+)|[34][0-79]|9[0-7]|10[0-7])(?=;|$)/g;

function withoutColours(_: string, parameters: string): string {
  return `\x1b[${parameters.replaceAll(COLOUR, '')}m`;
}

function inAscii(character: string): string {
  return ASCII[character] ?? '?'.repeat(widthOf(character));
}

const ASCII: Partial<Record<string, string>> = {
  ...{
    '›': '>',
    '«': '<',
    '»': '>',
    '→': '>',
    '✓': '+',
    '✗': 'x',
    '☑': 'x',
    '☐': '-',
    '•': '*',
    '●': '*',
    '○': 'o',
  },
  ...{
    '─': '-',
    '━': '-',
    '│': '|',
    '┃': '|',
    '┼': '+',
    '┌': '+',
    '┐': '+',
    '└': '+',
    '┘': '+',
    '├': '+',
    '┤': '+',
  },
  ...{
    '┬': '+',
    '┴': '+',
    '╭': '+',
    '╮': '+',
    '╰': '+',
    '╯': '+',
    '…': '~',
    '·': '-',
    '–': '-',
    '—': '-',
    '↵': '/',
  },
  ...{ '’': "'", '‘': "'", '“': '"', '”': '"', '\u00a0': ' ' },
};
