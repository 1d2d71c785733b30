import type { Alert } from '../protocol/team.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { RECORD_VERSION, type RecordHead } from '../store/record.ts';
import { alertsFile } from './paths.ts';

interface AlertRecord extends RecordHead {
  type: 'raised' | 'closed';
  agent: string | null;
  kind: string;
  text: string;
}

/** Kind of the alert that says: without a word of the user the team does not go on. */
export const WAITS_FOR_USER = 'waits for you';

/** Raises an alert for people; while one of the same agent and kind is open, nothing happens. */
export async function raiseAlert(
  dir: string,
  agent: string | null,
  kind: string,
  text: string,
): Promise<void> {
  const isOpen = openAlerts(dir).some((alert) => alert.agent === agent && alert.kind === kind);
  if (!isOpen) await append(dir, { type: 'raised', agent, kind, text });
}

/** Closes the alert of this agent and kind, if one is open. */
export async function closeAlert(dir: string, agent: string | null, kind: string): Promise<void> {
  const isOpen = openAlerts(dir).some((alert) => alert.agent === agent && alert.kind === kind);
  if (isOpen) await append(dir, { type: 'closed', agent, kind, text: '' });
}

/** All that was raised and closed, in its order. */
export function readAlerts(dir: string): AlertRecord[] {
  const reader = openJournalReader(alertsFile(dir), (record) => ({
    record: record as unknown as AlertRecord, // every record with a valid head was written by `append`
  }));
  return reader.read().records;
}

/** The alerts that are open now, the oldest first. */
export function openAlerts(dir: string): Alert[] {
  const open = new Map<string, Alert>();
  for (const { type, id, at, agent, kind, text } of readAlerts(dir)) {
    const key = `${agent}/${kind}`;
    if (type === 'closed') open.delete(key);
    else if (!open.has(key)) open.set(key, { id, at, agent, kind, text });
  }
  return [...open.values()];
}

async function append(
  dir: string,
  alert: Pick<AlertRecord, 'type' | 'agent' | 'kind' | 'text'>,
): Promise<void> {
  const ids = await loadIds();
  const head = {
    v: RECORD_VERSION,
    id: ids(),
    by: 'team',
    incarnation: 0,
    at: new Date().toISOString(),
  } as const;
  await openJournal(alertsFile(dir)).append({ ...head, ...alert } as AlertRecord);
}
