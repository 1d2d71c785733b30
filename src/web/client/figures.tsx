import type { FigureSeries } from '../../team/figures.ts';
import { type Asked, useAskedEvery } from './asked.tsx';
import { Chart } from './chart.tsx';
import { shown } from './state.ts';
import { brief, bytesOf, money } from './words.ts';

/** How often figures are asked for while they are looked at, in milliseconds. */
const AGAIN_MS = 5_000;

type Measure = 'tokens' | 'costUsd' | 'cpu' | 'memory';

const MEASURES: { id: Measure; name: string; say: (value: number) => string }[] = [
  { id: 'tokens', name: 'Tokens', say: brief },
  { id: 'costUsd', name: 'Money', say: money },
  { id: 'cpu', name: 'Processor', say: (cores) => `${Math.round(cores * 100)} %` },
  { id: 'memory', name: 'Memory', say: bytesOf },
];

/** What the agents used over time, as it grows. */
export function useFigures(): Asked<FigureSeries> {
  const team = shown.value?.status.team ?? '';
  return useAskedEvery<FigureSeries>(`/teams/${encodeURIComponent(team)}/figures`, AGAIN_MS);
}

/** The figures of one agent, or of all together. */
export function Figures({ series, of }: { series: FigureSeries; of?: string }) {
  const { at, agents } = series;
  const lines = of === undefined ? Object.values(agents) : [agents[of]].filter((line) => line !== undefined);
  if (at.length < 2 || lines.length === 0) return null;
  const isRehearsal = shown.value?.status.rehearsal !== null;
  const isBare = shown.value?.status.agents.some(({ sandbox }) => sandbox === 'none') === true;
  return (
    <div class="charts">
      {MEASURES.filter(({ id }) => id !== 'costUsd' || !isRehearsal).map(({ id, name, say }) => (
        <Chart
          key={id}
          name={
            id === 'cpu' || id === 'memory'
              ? `${name} of the ${isBare ? 'process' : 'VM'}${of === undefined ? (isBare ? 'es' : 's') : ''}`
              : name
          }
          at={at}
          values={sumOf(lines.map((line) => line[id]))}
          say={say}
        />
      ))}
    </div>
  );
}

/** Moment by moment; null where nothing is known of any. */
function sumOf(lines: readonly (readonly (number | null)[])[]): (number | null)[] {
  const [first = []] = lines;
  return first.map((_, moment) => {
    const known = lines.flatMap((line) => line[moment] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  });
}
