import { widthOf } from '../text/width.ts';
import { type Span, span, widthOfSpans, wrapSpans } from './spans.ts';

/** Turns Markdown into rows of a terminal, line by line as it streams in. What is no Markdown comes out as it is. */
export class Markdown {
  #fence = '';
  #language = '';
  #table: string[] = [];

  /** One whole line. Rows of a table are kept until the table is over, so that its columns align. */
  line(text: string, columns: number): Span[][] {
    if (this.#fence === '' && TABLE.test(text)) {
      this.#table.push(text);
      return [];
    }
    return [...this.end(columns), ...this.#block(text, columns)];
  }

  /** What is still kept, at the end of a text. */
  end(columns: number): Span[][] {
    const rows = this.#table.length === 0 ? [] : tableRows(this.#table, columns);
    this.#table = [];
    return rows;
  }

  /** The beginning of a line that is still streaming, drawn as it looks so far. */
  preview(text: string, columns: number): Span[][] {
    if (/^\s*(?:`{1,3}|~{1,3})\w*$/.test(text)) return [];
    if (this.#fence !== '') return [codeRow(text, this.#language)];
    return wrapSpans(inline(text), columns);
  }

  #block(text: string, columns: number): Span[][] {
    const fence = FENCE.exec(text);
    if (this.#fence !== '') {
      if (fence !== null && fence[1]?.startsWith(this.#fence) === true && fence[2] === '') {
        this.#fence = '';
        return [];
      }
      return wrapSpans(codeRow(text, this.#language), columns, 2);
    }
    if (fence !== null) {
      this.#fence = fence[1] ?? '';
      this.#language = fence[2] ?? '';
      return [];
    }
    const heading = /^(#{1,6}) +(.*?)#*$/.exec(text);
    if (heading !== null) {
      const style = heading[1] === '#' ? '1;4' : '1';
      return wrapSpans(inline(heading[2]?.trim() ?? '', style), columns);
    }
    if (/^ {0,3}(?:-{3,}|\*{3,}|_{3,})$/.test(text)) return [[span('─'.repeat(Math.min(columns, 40)), '2')]];
    const quote = /^((?:> ?)+)(.*)$/.exec(text);
    if (quote !== null) return quoted(quote[2] ?? '', columns);
    const item = /^(\s*)([-*+]|\d{1,3}[.)]) +(?:\[([ xX])\] )?(.*)$/.exec(text);
    if (item !== null) {
      const [, margin = '', mark = '', box, rest = ''] = item;
      const bullet = box === undefined ? (/\d/.test(mark) ? mark : '•') : box === ' ' ? '☐' : '☑';
      const lead = `${margin}${bullet} `;
      return wrapSpans([span(margin), span(`${bullet} `, '2'), ...inline(rest)], columns, widthOf(lead));
    }
    const margin = /^\s*/.exec(text)?.[0].length ?? 0;
    return wrapSpans(inline(text), columns, margin);
  }
}

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([^\s`]*).*$/;
const TABLE = /^\s*\|.*\|\s*$/;

/** Colours of changed lines; of all code, `diff` is the one language that is coloured. */
export function diffStyle(line: string): string {
  if (line.startsWith('+')) return '32';
  if (line.startsWith('-')) return '31';
  return line.startsWith('@@') ? '36' : '';
}

function codeRow(text: string, language: string): Span[] {
  const style = language === 'diff' || language === 'patch' ? diffStyle(text) : '36';
  return [span(`  ${text}`, style)];
}

function quoted(text: string, columns: number): Span[][] {
  return wrapSpans(inline(text, '2'), Math.max(1, columns - 2)).map((row) => [span('│ ', '2'), ...row]);
}

/** Code, strong, emphasis, deleted text and links within a line. */
export function inline(text: string, base = ''): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) spans.push(span(text.slice(at, match.index), base));
    at = match.index + match[0].length;
    const { code, strong, weak, gone, label, address } = match.groups ?? {};
    const styled = (style: string): string => (base === '' ? style : `${base};${style}`);
    if (code !== undefined) spans.push(span(code, styled('36')));
    else if (strong !== undefined) spans.push(...inline(strong, styled('1')));
    else if (weak !== undefined) spans.push(...inline(weak, styled('3')));
    else if (gone !== undefined) spans.push(...inline(gone, styled('9')));
    else spans.push(span(label ?? '', styled('4')), span(` (${address})`, styled('2')));
  }
  if (at < text.length) spans.push(span(text.slice(at), base));
  return spans;
}

const INLINE =
  /(?<tick>`+)(?<code>[^`]+)\k<tick>|(?<two>\*\*|__)(?=\S)(?<strong>.+?)(?<=\S)\k<two>|(?<![\w*])(?<one>[*_])(?=[^\s*_])(?<weak>[^*_]*[^\s*_])\k<one>(?![\w*])|~~(?<gone>[^~]+)~~|\[(?<label>[^\]]+)\]\((?<address>[^)\s]+)\)/g;

/** A table with its columns aligned, where the terminal is wide enough; else its lines as they are. */
function tableRows(lines: readonly string[], columns: number): Span[][] {
  const cells = lines.map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  const isRule = (row: readonly string[]): boolean => row.every((cell) => /^:?-+:?$/.test(cell));
  const spans = cells.map((row) => row.map((cell) => inline(cell)));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...spans.map((row, y) => (isRule(cells[y] ?? []) ? 0 : widthOfSpans(row[column] ?? [])))),
  );
  if (widths.reduce((sum, width) => sum + width + 3, 1) > columns) {
    return lines.flatMap((line) => wrapSpans(inline(line.trim()), columns, 2));
  }
  return spans.map((row, y) => {
    if (isRule(cells[y] ?? [])) return [span(widths.map((width) => '─'.repeat(width)).join('─┼─'), '2')];
    const isHead = y === 0 && isRule(cells[1] ?? []);
    return widths.flatMap((width, column) => [
      ...(column === 0 ? [] : [span(' │ ', '2')]),
      ...(isHead ? inline(cells[y]?.[column] ?? '', '1') : (row[column] ?? [])),
      span(column === widths.length - 1 ? '' : ' '.repeat(width - widthOfSpans(row[column] ?? []))),
    ]);
  });
}
