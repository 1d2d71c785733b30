import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import type { Block, Outline, Part } from '../../documents/outline.ts';
import { useAsked, Waiting } from '../asked.tsx';
import { isNumber } from './cells.ts';

/** Slides, or blocks of a text, that are drawn at first. */
const FIRST = { deck: 30, text: 300 };

/** The words of a text document or a deck, with its headings, lists and tables: what it says, not how it looks. */
export function OutlineView({ path }: { path: string }) {
  const asked = useAsked<Outline>(`${path.replace(/^\/api/, '')}/outline`);
  const [isWhole, setWhole] = useState(false);
  const outline = asked.value;
  if (outline === undefined) return <Waiting asked={asked} />;
  if (outline.reason !== null) return <p class="refused">It can't be shown: {outline.reason}</p>;
  const { kind, parts, isCut } = outline;
  const count = kind === 'deck' ? parts.length : (parts[0]?.blocks.length ?? 0);
  const first = isWhole ? count : FIRST[kind];
  return (
    <div class="prose outline">
      {kind === 'deck'
        ? parts.slice(0, first).map((part, at) => <Slide key={String(at)} part={part} number={at + 1} />)
        : (parts[0]?.blocks ?? []).slice(0, first).map(drawn)}
      <p class="muted small">
        Its words only; how it looks shows in the program that it is for. {count}{' '}
        {kind === 'deck' ? 'slides' : 'paragraphs and tables'}{' '}
        {count > first && (
          <button type="button" onClick={() => setWhole(true)}>
            Show all of them
          </button>
        )}
        {isCut && ' Only its beginning; the download has all.'}
      </p>
    </div>
  );
}

function Slide({ part: { title, blocks, notes }, number }: { part: Part; number: number }) {
  return (
    <section class="slide" aria-label={`Slide ${number}`}>
      <h3>
        <span class="muted">{number}</span> {title || 'without a title'}
      </h3>
      {blocks.map(drawn)}
      {notes.length > 0 && (
        <details>
          <summary>Notes of the speaker</summary>
          {notes.map((note, at) => (
            <p key={String(at)}>{note}</p>
          ))}
        </details>
      )}
    </section>
  );
}

/** A block of a document; `at` is its place among the others. */
function drawn(block: Block, at: number): ComponentChild {
  const key = String(at);
  if (block.kind === 'table') return <Table key={key} rows={block.rows} />;
  if (block.kind === 'picture')
    return (
      <p key={key} class="muted">
        [picture: {block.text || 'without a word'}]
      </p>
    );
  if (block.kind === 'paragraph') return <p key={key}>{block.text}</p>;
  if (block.kind === 'item')
    return (
      <p key={key} class="item" style={{ marginInlineStart: `${block.level + 1}em` }}>
        {block.text}
      </p>
    );
  // The page has the first level, and the view the second.
  const Heading = `h${Math.min(6, block.level + 2)}` as 'h3' | 'h4' | 'h5' | 'h6';
  return <Heading key={key}>{block.text}</Heading>;
}

function Table({ rows }: { rows: readonly string[][] }) {
  return (
    <div class="sheet-box">
      <table>
        <tbody>
          {rows.map((row, at) => (
            <tr key={String(at)}>
              {row.map((cell, index) => (
                <td key={String(index)} class={isNumber(cell) ? 'number' : ''}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
