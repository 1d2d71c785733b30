import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import type { ProcessIdentity } from '../store/process-identity.ts';
import { RECORD_VERSION, type RecordHead } from '../store/record.ts';
import { ledgerFile } from './paths.ts';

/** What was started for a team, and what became of it. Only what stands here may ever be stopped. */
export interface LedgerRecord extends RecordHead {
  type: 'incarnation_planned' | 'started' | 'incarnation_ended';
  /** Whose it is; for a keeper that stands by see `STANDBY`. */
  agent: string;
  /** What was started: the keeper, its virtual machine (or host process), or the folder that it runs in. */
  what?: 'keeper' | 'machine' | 'folder';
  process?: ProcessIdentity;
  /** Absolute path of the folder. */
  path?: string;
  reason?: string;
}

type Entry = Pick<LedgerRecord, 'type' | 'agent' | 'what' | 'process' | 'path' | 'reason'> & {
  incarnation: number;
};

/** The start of a keeper that stands by, and of the folder that it runs in: it is no agent's yet, and no agent has such a name. */
export const STANDBY = { type: 'started', what: 'keeper', agent: '(standby)', incarnation: 0 } as const;

/** Appends to the team's ledger, durably. */
export async function appendLedger(dir: string, entry: Entry): Promise<void> {
  const ids = await loadIds();
  await openJournal(ledgerFile(dir)).append({
    v: RECORD_VERSION,
    id: ids(),
    by: 'team',
    at: new Date().toISOString(),
    ...entry,
  } as LedgerRecord & RecordHead);
}

/** All of the ledger, in its order. */
export function readLedger(dir: string): LedgerRecord[] {
  // Every record with a valid head was written by `appendLedger`.
  return openJournalReader(ledgerFile(dir), (record) => ({
    record: record as unknown as LedgerRecord,
  })).read().records;
}

/** The highest incarnation that was ever planned for an agent; 0 when there was none. */
export function lastIncarnation(ledger: readonly LedgerRecord[], agent: string): number {
  const planned = ledger.filter((entry) => entry.type === 'incarnation_planned' && entry.agent === agent);
  return Math.max(0, ...planned.map((entry) => entry.incarnation));
}

/** Agents with a life that was begun and whose end nobody has dealt with. */
export function openLives(ledger: readonly LedgerRecord[]): string[] {
  const open = new Map<string, number>();
  for (const { type, agent, incarnation } of ledger) {
    if (type === 'incarnation_planned') open.set(agent, incarnation);
    if (type === 'incarnation_ended' && incarnation >= (open.get(agent) ?? 0)) open.delete(agent);
  }
  return [...open.keys()];
}
