import { join } from 'node:path';
import { loadIds } from '../../store/ids.ts';
import { openJournal } from '../../store/journal.ts';
import { openJournalReader } from '../../store/journal-reader.ts';
import { type JsonRecord, type Parsed, RECORD_VERSION, type RecordHead } from '../../store/record.ts';
import { scheduleFolder } from './schedules.ts';

/** What happened to a run; `due` names it. Fire, attempt and result are records of their own: none can be taken for another. */
export type RunEvent =
  | { type: 'fired'; due: string; missed: number }
  | { type: 'skipped'; due: string; reason: string }
  | { type: 'attempted'; due: string; team: string }
  | { type: 'refused'; due: string; code: string; reason: string; isFinal: boolean }
  | { type: 'started'; due: string; team: string }
  | { type: 'ended'; due: string; outcome: string; costUsd: number; summary: string | null };

type RunRecord = RecordHead & RunEvent;

/** One time that a schedule was due, and what came of it. */
export interface Run {
  due: string;
  fired: string;
  /** Times before it that went by unseen, and for which it stands too. */
  missed: number;
  /** `waiting` to be attempted; `attempted`, and it is not known yet whether it began. */
  state: 'waiting' | 'attempted' | 'running' | 'skipped' | 'not started' | 'ended';
  attempts: { at: string; team: string; code: string | null; reason: string | null }[];
  team: string | null;
  /** Why it was skipped or not started. */
  reason: string | null;
  result: { outcome: string; ended: string; costUsd: number; summary: string | null } | null;
}

const runsFile = (home: string, schedule: string): string =>
  join(scheduleFolder(home, schedule), 'runs.jsonl');

/** Adds to what is known of a schedule's runs. */
export async function noteRun(home: string, schedule: string, event: RunEvent, now: number): Promise<void> {
  const ids = await loadIds();
  const head = { v: RECORD_VERSION, id: ids(), by: 'scheduler', incarnation: 0 } as const;
  const record: RunRecord = { ...head, at: new Date(now).toISOString(), ...event };
  await openJournal(runsFile(home, schedule)).append(record);
}

/** What is known of a schedule's runs; each look costs what is new. */
export interface RunLog {
  /** All runs, in the order in which they were due. */
  read(): Run[];
}

export function openRuns(home: string, schedule: string): RunLog {
  const runs = new Map<string, Run>();
  const reader = openJournalReader(runsFile(home, schedule), parse);
  const read = (): Run[] => {
    const { records, isReset } = reader.read();
    if (isReset) runs.clear();
    for (const record of records) {
      const run = runs.get(record.due);
      if (record.type !== 'fired') {
        if (run !== undefined) apply(run, record);
      } else if (run === undefined) {
        const { due, missed, at } = record;
        const begun = { state: 'waiting', attempts: [], team: null, reason: null, result: null } as const;
        runs.set(due, { due, fired: at, missed, ...begun, attempts: [] });
      }
    }
    return [...runs.values()];
  };
  return { read };
}

function apply(run: Run, record: Exclude<RunRecord, { type: 'fired' }>): void {
  switch (record.type) {
    case 'skipped':
      run.state = 'skipped';
      run.reason = record.reason;
      break;
    case 'attempted':
      run.state = 'attempted';
      run.attempts.push({ at: record.at, team: record.team, code: null, reason: null });
      break;
    case 'refused': {
      const last = run.attempts.at(-1);
      if (last !== undefined) Object.assign(last, { code: record.code, reason: record.reason });
      run.state = record.isFinal ? 'not started' : 'waiting';
      run.reason = record.reason;
      break;
    }
    case 'started':
      run.state = 'running';
      run.team = record.team;
      run.reason = null;
      break;
    case 'ended': {
      const { outcome, costUsd, summary, at } = record;
      run.state = 'ended';
      run.result = { outcome, ended: at, costUsd, summary };
    }
  }
}

const TYPES = ['fired', 'skipped', 'attempted', 'refused', 'started', 'ended'];

function parse(record: JsonRecord): Parsed<RunRecord> {
  if (typeof record.due === 'string' && TYPES.includes(String(record.type))) {
    return { record: record as unknown as RunRecord }; // written by `noteRun`
  }
  return { malformed: 'no record of a run' };
}
