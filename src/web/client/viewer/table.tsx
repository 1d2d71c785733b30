import { useMemo, useState } from 'preact/hooks';
import { parseCsv } from '../../../text/csv.ts';
import { isNumber } from './cells.ts';

/** Rows that are drawn at first. */
const ROWS = 200;
/** Columns that are drawn: more than a person looks through, and a file may claim any number. */
const COLUMNS = 200;

/** Values as a table; the first row is its head. A press on a column sorts by it. */
export function TableView({ text }: { text: string }) {
  const [limit, setLimit] = useState(ROWS);
  const [sort, setSort] = useState<{ column: number; isUp: boolean } | undefined>(undefined);
  const [first = [], ...rows] = useMemo(() => parseCsv(text), [text]);
  const head = first.slice(0, COLUMNS);
  const shown = useMemo(() => (sort === undefined ? rows : sorted(rows, sort)), [text, sort]);
  const turn = (column: number): void =>
    setSort(sort?.column === column ? { column, isUp: !sort.isUp } : { column, isUp: true });
  return (
    <>
      <div class="sheet-box">
        <table>
          <thead>
            <tr>
              {head.map((name, index) => (
                <th
                  key={String(index)}
                  scope="col"
                  class={classOf(rows[0]?.[index])}
                  aria-sort={sort?.column !== index ? 'none' : sort.isUp ? 'ascending' : 'descending'}
                >
                  <button type="button" class="quiet" onClick={() => turn(index)}>
                    {name || `column ${index + 1}`}
                    {sort?.column === index ? (sort.isUp ? ' ↑' : ' ↓') : ''}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, limit).map((row, at) => (
              <tr key={String(at)}>
                {head.map((_, index) => (
                  <td key={String(index)} class={classOf(row[index])}>
                    {row[index]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted small">
        {rows.length} rows{first.length > COLUMNS && `, the first ${COLUMNS} of ${first.length} columns`}{' '}
        {rows.length > limit && (
          <button type="button" onClick={() => setLimit(limit * 5)}>
            Show more of them
          </button>
        )}
      </p>
    </>
  );
}

/** Numbers stand below each other, and so does the head of a column that begins with one. */
const classOf = (value = ''): string => (isNumber(value) ? 'number' : '');

function sorted(
  rows: readonly string[][],
  { column, isUp }: { column: number; isUp: boolean },
): readonly string[][] {
  const by = (row: string[]): string => row[column] ?? '';
  const order = rows.toSorted((a, b) => by(a).localeCompare(by(b), undefined, { numeric: true }));
  return isUp ? order : order.reverse();
}
