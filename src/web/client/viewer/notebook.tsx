import { useState } from 'preact/hooks';
import { Markdown } from './markdown.tsx';

/** Cells that are drawn at first, and letters of one of their texts. */
const CELLS = 100;
const LETTERS = 200_000;

interface Output {
  text?: unknown;
  data?: Record<string, unknown>;
  ename?: unknown;
  evalue?: unknown;
}

interface Cell {
  cell_type: string;
  source: unknown;
  outputs?: unknown;
}

/** A Jupyter notebook (nbformat 4): text, code and what came of it. Nothing is run; of outputs only text and PNG are shown. */
export function Notebook({ text }: { text: string }) {
  const [limit, setLimit] = useState(CELLS);
  const cells = cellsOf(text);
  if (cells === undefined) return <pre class="sheet">{text}</pre>;
  return (
    <div class="notebook">
      {cells.slice(0, limit).map((cell, index) =>
        cell.cell_type === 'markdown' ? (
          <Markdown key={String(index)} text={joined(cell.source)} />
        ) : (
          <div key={String(index)} class="cell">
            <pre class="sheet">{joined(cell.source)}</pre>
            {outputsOf(cell).map((output, at) => (
              <OutputView key={String(at)} output={output} />
            ))}
          </div>
        ),
      )}
      {cells.length > limit && (
        <button type="button" onClick={() => setLimit(limit * 4)}>
          {cells.length - limit} more cells
        </button>
      )}
    </div>
  );
}

function OutputView({ output: { text, data, ename, evalue } }: { output: Output }) {
  if (ename !== undefined) return <pre class="sheet output">{`${String(ename)}: ${String(evalue)}`}</pre>;
  const picture = data?.['image/png'];
  if (picture !== undefined) {
    const base64 = whole(picture).replaceAll(/\s/g, '');
    return <img src={`data:image/png;base64,${base64}`} alt="Output of the cell" />;
  }
  return <pre class="sheet output">{joined(text ?? data?.['text/plain'] ?? '')}</pre>;
}

const joined = (lines: unknown): string => whole(lines).slice(0, LETTERS);

/** Texts of notebooks are lines or whole. */
const whole = (lines: unknown): string => (Array.isArray(lines) ? lines.join('') : String(lines ?? ''));

const outputsOf = ({ outputs }: Cell): Output[] =>
  Array.isArray(outputs) ? outputs.filter((output) => typeof output === 'object' && output !== null) : [];

function cellsOf(text: string): Cell[] | undefined {
  try {
    const { cells } = JSON.parse(text);
    const isOne = Array.isArray(cells) && cells.every((cell) => typeof cell?.cell_type === 'string');
    return isOne ? (cells as Cell[]) : undefined; // just checked
  } catch {
    return undefined; // no notebook: it is shown as the text that it is
  }
}
