import { widthOf } from '../text/width.ts';

/** A piece of text in one style: parameters of SGR, or empty. */
export interface Span {
  text: string;
  style: string;
}

export const span = (text: string, style = ''): Span => ({ text, style });

export const widthOfSpans = (spans: readonly Span[]): number =>
  spans.reduce((sum, { text }) => sum + widthOf(text), 0);

/** Breaks spans into rows of at most `columns`, at spaces where that loses less than half a row; rows after the first begin with `indent` blanks. */
export function wrapSpans(spans: readonly Span[], columns: number, indent = 0): Span[][] {
  const hang = indent < columns / 2 ? indent : 0;
  const rows: Span[][] = [];
  let row: Span[] = [];
  let width = 0;
  const breakRow = (): void => {
    const carried = carry(row, columns);
    rows.push(row);
    row = [...(hang > 0 ? [span(' '.repeat(hang))] : []), ...carried];
    width = widthOfSpans(row);
  };
  for (const { text, style } of spans) {
    let piece = '';
    for (const character of text) {
      const next = widthOf(character);
      if (width + next > columns) {
        if (piece !== '') row.push({ text: piece, style });
        piece = '';
        breakRow();
        if (character === ' ' && row.length === (hang > 0 ? 1 : 0)) continue;
      }
      piece += character;
      width += next;
    }
    if (piece !== '') row.push({ text: piece, style });
  }
  rows.push(row);
  return rows;
}

/** Takes what follows the last space off the end of `row`, to begin the next one with it; nothing when that is too long. */
function carry(row: Span[], columns: number): Span[] {
  const carried: Span[] = [];
  let width = 0;
  for (let at = row.length - 1; at > 0 || (at === 0 && row.length > 0); at--) {
    const { text, style } = row[at] ?? span('');
    const space = text.lastIndexOf(' ');
    width += widthOf(text.slice(space + 1));
    if (width > columns / 2) return [];
    if (space < 0) {
      carried.unshift({ text, style });
      continue;
    }
    if (at === 0 && text.trim() === '') return [];
    if (space + 1 < text.length) carried.unshift({ text: text.slice(space + 1), style });
    row.splice(at, row.length - at, { text: text.slice(0, space), style });
    return carried;
  }
  return [];
}

/** A row as the terminal gets it. Without colour, weights and underlines stay. */
export function paint(row: readonly Span[], hasColour: boolean): string {
  return row
    .map(({ text, style }) => {
      const shown = hasColour ? style : style.replaceAll(/\b(?:[3-9]\d|1\d\d)\b;?/g, '').replace(/;$/, '');
      return shown === '' || text === '' ? text : `\x1b[${shown}m${text}\x1b[0m`;
    })
    .join('');
}

/** Spans cut to `columns`, with an ellipsis where something was cut. */
export function cutSpans(spans: readonly Span[], columns: number): Span[] {
  if (widthOfSpans(spans) <= columns) return [...spans];
  const kept: Span[] = [];
  let width = 0;
  for (const { text, style } of spans) {
    let piece = '';
    for (const character of text) {
      const next = widthOf(character);
      if (width + next > columns - 1) return [...kept, { text: `${piece}…`, style }];
      piece += character;
      width += next;
    }
    kept.push({ text: piece, style });
  }
  return kept;
}
