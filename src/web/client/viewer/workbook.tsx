import { useState } from 'preact/hooks';
import type { Sheet, Workbook } from '../../workbook/read.ts';
import { useAsked, Waiting } from '../asked.tsx';
import { columnName, isNumber } from './cells.ts';

/** Rows that are drawn at first. */
const ROWS = 200;

/** A workbook as it was stored: a table for each sheet; the formula of a cell is told when it is pointed at. */
export function WorkbookView({ path }: { path: string }) {
  const asked = useAsked<Workbook>(`${path.replace(/^\/api/, '')}/sheets`);
  const [at, setAt] = useState(0);
  const book = asked.value;
  if (book === undefined) return <Waiting asked={asked} />;
  if (book.reason !== null) return <p class="refused">It can't be shown: {book.reason}</p>;
  const sheet = book.sheets[at] ?? book.sheets[0];
  return (
    <>
      <nav class="composer-line" aria-label="Sheets">
        {book.sheets.map(({ name }, index) => (
          <button key={String(index)} type="button" aria-pressed={index === at} onClick={() => setAt(index)}>
            {name}
          </button>
        ))}
      </nav>
      {sheet !== undefined && <SheetTable key={String(at)} sheet={sheet} />}
    </>
  );
}

function SheetTable({ sheet: { rows, formulas, isCut, name } }: { sheet: Sheet }) {
  const [limit, setLimit] = useState(ROWS);
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const columns = Array.from({ length: width }, (_, index) => columnName(index));
  return (
    <>
      <div class="sheet-box">
        <table aria-label={name}>
          <thead>
            <tr>
              <td />
              {columns.map((letter) => (
                <th key={letter} scope="col">
                  {letter}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, limit).map((row, at) => (
              <tr key={String(at)}>
                <th scope="row">{at + 1}</th>
                {columns.map((letter, index) => {
                  const formula = formulas[`${letter}${at + 1}`];
                  const text = row[index] ?? '';
                  return (
                    <td
                      key={letter}
                      class={isNumber(text) ? 'number' : ''}
                      title={formula === undefined ? undefined : `=${formula}`}
                    >
                      {text}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted small">
        {rows.length} rows, {Object.keys(formulas).length} formulas{' '}
        {rows.length > limit && (
          <button type="button" onClick={() => setLimit(limit * 5)}>
            Show more of them
          </button>
        )}
        {isCut && ' Only its beginning; the download has all.'}
      </p>
    </>
  );
}
