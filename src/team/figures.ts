import { openJournalReader } from '../store/journal-reader.ts';
import type { JsonRecord, Parsed, RecordHead } from '../store/record.ts';
import { figuresFile } from './paths.ts';

/** What one agent had used at a moment, and what its machine took just then. */
export interface AgentFigures {
  /** Over all its lives: sent to the model, cached or not, and got from it. */
  tokensIn: number;
  tokensOut: number;
  costUsd: number;
  /** Processors in use since the sample before, 1 is one of them; null where nothing ran, or it was not yet known. */
  cpu: number | null;
  /** Bytes of memory that its machine (without one: its process) holds; null where nothing ran. */
  memory: number | null;
}

/** All agents of a team at one moment. */
export interface FiguresRecord extends RecordHead {
  type: 'figures';
  /** About how long after the one before, in milliseconds. */
  everyMs: number;
  agents: Record<string, AgentFigures>;
}

/** What was noted of a team over time, oldest first. A line that was torn is left out: the next one says the same and more. */
export function readFigures(dir: string): FiguresRecord[] {
  return openJournalReader(figuresFile(dir), parse).read().records;
}

function parse(record: JsonRecord): Parsed<FiguresRecord> {
  const { type, everyMs, agents } = record;
  const isOne =
    type === 'figures' && typeof everyMs === 'number' && typeof agents === 'object' && agents !== null;
  // Written by the supervisor; the file is 0600 and ours.
  return isOne ? { record: record as unknown as FiguresRecord } : { malformed: 'no figures' };
}

/** Figures as lines of a chart: one entry for each moment. */
export interface FigureSeries {
  at: string[];
  agents: Record<string, { tokens: Line; costUsd: Line; cpu: Line; memory: Line }>;
}

/** Null where the agent was not there, or it is not known. */
type Line = (number | null)[];

/** Figures of a team as lines, of at most `most` moments, evenly taken; the newest is always there. */
export function seriesOf(records: readonly FiguresRecord[], most = Number.POSITIVE_INFINITY): FigureSeries {
  const step = Math.max(1, Math.ceil(records.length / most));
  const taken = records.filter((_, index) => (records.length - 1 - index) % step === 0);
  const names = [...new Set(taken.flatMap(({ agents }) => Object.keys(agents)))];
  const lineOf = (name: string, value: (figures: AgentFigures) => number | null): Line =>
    taken.map(({ agents }) => {
      const figures = agents[name];
      return figures === undefined ? null : value(figures);
    });
  const linesOf = (name: string) => ({
    tokens: lineOf(name, ({ tokensIn, tokensOut }) => tokensIn + tokensOut),
    costUsd: lineOf(name, ({ costUsd }) => costUsd),
    cpu: lineOf(name, ({ cpu }) => cpu),
    memory: lineOf(name, ({ memory }) => memory),
  });
  return {
    at: taken.map(({ at }) => at),
    agents: Object.fromEntries(names.map((name) => [name, linesOf(name)])),
  };
}
