import { openJournal } from '../../src/store/journal.ts';
import type { FiguresRecord } from '../../src/team/figures.ts';
import { figuresFile } from '../../src/team/paths.ts';

/** Figures of `agents` at `count` moments, two seconds from one to the next, as a supervisor notes them. */
export function writeFigures(dir: string, agents: readonly string[], count: number): void {
  const journal = openJournal(figuresFile(dir), { durable: false });
  for (let n = 0; n < count; n++) {
    const at = new Date(Date.UTC(2026, 0, 1) + n * 2_000).toISOString();
    const each = {
      ...{ tokensIn: n * 1_000, tokensOut: n * 10, costUsd: n / 100 },
      ...{ cpu: n === 0 ? null : 0.5, memory: 100 * 1024 * 1024 },
    };
    const record: FiguresRecord = {
      ...{ v: 1, id: `01M80XGE97VY8ZE7GR8PP${String(n).padStart(5, '0')}`, by: 'team', incarnation: 0, at },
      ...{ type: 'figures', everyMs: 2_000, agents: Object.fromEntries(agents.map((name) => [name, each])) },
    };
    journal.write(record);
  }
}
