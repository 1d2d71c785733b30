// Draws the last screen of an asciicast as SVG: text in cells of one size, so that it looks the same wherever it is shown.
import { createScreen } from '../../src/pane/screen.ts';

const CELL = { width: 8.4, height: 18 };
const MARGIN = 14;
const THEME = { background: '#14161b', text: '#d7dae0', dim: '#868c98' };
const COLOURS =
  '#1d2026 #f0716b #8cc265 #d9a962 #5ea7f2 #c678dd #4fc1cf #c8ccd4 #5c6370 #ff8a80 #a5e075 #f0c674 #82c1ff #de9cf2 #6fe0ec #ffffff'.split(
    ' ',
  );

/** The SVG of `cast`, the text of an asciicast v2 file, as it looks at its end. */
export async function svgOf(cast) {
  const [head, ...events] = cast
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const screen = createScreen({ cols: head.width, rows: head.height });
  for (const [, kind, data] of events) if (kind === 'o') screen.write(data);
  await screen.settled();
  const rows = Array.from({ length: head.height }, (_, y) => drawRow(screen.terminal, y));
  screen.dispose();
  const width = head.width * CELL.width + 2 * MARGIN;
  const height = head.height * CELL.height + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(head.title ?? '')}">
<rect width="100%" height="100%" rx="8" fill="${THEME.background}"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve" fill="${THEME.text}">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`;
}

function drawRow(terminal, y) {
  const { active } = terminal.buffer;
  const line = active.getLine(active.baseY + y);
  const runs = [];
  for (let x = 0; x < terminal.cols; x++) {
    const cell = line?.getCell(x);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const text = cell.getChars() || ' ';
    const last = runs.at(-1);
    const isPlain = cell.getWidth() === 1 && text.length === 1;
    if (last?.isPlain && isPlain && last.key === style.key) {
      last.text += text;
      last.cells += 1;
    } else runs.push({ x, text, cells: cell.getWidth(), isPlain, ...style });
  }
  return runs.map((run) => drawRun(run, y)).join('');
}

function drawRun({ x, text, cells, background, attributes }, y) {
  const left = round(MARGIN + x * CELL.width);
  const top = MARGIN + y * CELL.height;
  const width = round(cells * CELL.width);
  const box =
    background === undefined
      ? ''
      : `<rect x="${left}" y="${top}" width="${width}" height="${CELL.height}" fill="${background}"/>`;
  // Browsers make one space of several, and would stretch what is left to the whole length: each piece between such gaps stands by itself.
  const pieces = [...text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: piece, index }) => {
    const start = round(left + index * CELL.width);
    const length = round(piece.length * CELL.width);
    const fixed = text.length === cells ? ` textLength="${length}" lengthAdjust="spacingAndGlyphs"` : '';
    return `<text x="${start}" y="${top + 13}"${fixed}${attributes}>${escaped(piece)}</text>`;
  });
  return `${box}${pieces.join('')}`;
}

function styleOf(cell) {
  let text = colour(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor());
  let background = colour(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor());
  if (cell.isInverse()) [text, background] = [background ?? THEME.background, text ?? THEME.text];
  const attributes = [
    text === undefined ? '' : ` fill="${text}"`,
    cell.isDim() && text === undefined ? ` fill="${THEME.dim}"` : cell.isDim() ? ' opacity="0.7"' : '',
    cell.isBold() ? ' font-weight="bold"' : '',
    cell.isItalic() ? ' font-style="italic"' : '',
    cell.isUnderline()
      ? ' text-decoration="underline"'
      : cell.isStrikethrough()
        ? ' text-decoration="line-through"'
        : '',
  ].join('');
  return { background, attributes, key: `${background}${attributes}` };
}

function colour(isRgb, isPalette, value) {
  if (isRgb) return `#${value.toString(16).padStart(6, '0')}`;
  if (!isPalette) return undefined;
  if (value < 16) return COLOURS[value];
  if (value >= 232) return grey(8 + (value - 232) * 10);
  const levels = [0, 95, 135, 175, 215, 255];
  const at = value - 16;
  return `#${[Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((level) => hex(levels[level])).join('')}`;
}

const hex = (value) => value.toString(16).padStart(2, '0');
const grey = (value) => `#${hex(value).repeat(3)}`;
const round = (value) => Number(value.toFixed(1));
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
