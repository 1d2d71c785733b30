import { timeOf } from './words.ts';

/** Size of the drawing, in its own units; it is as wide as there is room. */
const WIDTH = 300;
const HEIGHT = 56;
/** Rows of the table that says the same. */
const ROWS = 12;

interface ChartOf {
  name: string;
  /** When, ISO 8601, in their order. */
  at: readonly string[];
  /** Null where it is not known: the line has a gap there. */
  values: readonly (number | null)[];
  say: (value: number) => string;
}

/** A line over time with its highest and its newest value, and the same as a table for whoever reads numbers. */
export function Chart({ name, at, values, say }: ChartOf) {
  const known = values.filter((value) => value !== null);
  const newest = values.findLast((value) => value !== null);
  const top = Math.max(...known, 0);
  const now = newest === undefined || newest === null ? '–' : say(newest);
  return (
    <figure class="chart">
      <figcaption>
        <span class="muted">{name}</span> <strong>{now}</strong>
        {top > 0 && say(top) !== now && <span class="muted">highest {say(top)}</span>}
      </figcaption>
      <Line label={`${name} over time: now ${now}, highest ${say(top)}`} at={at} values={values} />
      <details>
        <summary class="fold">
          <span class="visually-hidden">{name} </span>as a table
        </summary>
        <table>
          <tbody>
            {at.flatMap((time, index) => {
              const step = Math.ceil(at.length / ROWS);
              if ((at.length - 1 - index) % step !== 0) return [];
              const value = values[index];
              return [
                <tr key={time}>
                  <th scope="row">{timeOf(time)}</th>
                  <td>{value === null || value === undefined ? '–' : say(value)}</td>
                </tr>,
              ];
            })}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

/** The line alone, for where there is little room. */
export function Line({
  label,
  at,
  values,
}: {
  label: string;
  at: readonly string[];
  values: ChartOf['values'];
}) {
  const times = at.map((time) => Date.parse(time));
  const from = times[0] ?? 0;
  const span = Math.max(1, (times.at(-1) ?? 0) - from);
  const top = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  const parts: string[][] = [[]];
  for (const [index, value] of values.entries()) {
    if (value === null) parts.push([]);
    else {
      const x = (((times[index] ?? from) - from) / span) * WIDTH;
      const y = HEIGHT - 3 - (value / top) * (HEIGHT - 8);
      parts.at(-1)?.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    }
  }
  const lines = parts.filter((part) => part.length > 0);
  const xOf = (point = ''): string => point.split(' ')[0] ?? '0';
  return (
    <svg
      class="line"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {lines.map((part, index) => (
        <g key={String(index)}>
          <path
            class="under"
            d={`M${xOf(part[0])} ${HEIGHT} L${part.join(' L')} L${xOf(part.at(-1))} ${HEIGHT} Z`}
          />
          <path d={`M${part.join(' L')}${part.length === 1 ? ' h1' : ''}`} />
        </g>
      ))}
    </svg>
  );
}
