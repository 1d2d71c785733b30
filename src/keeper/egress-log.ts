import { renameSync, statSync } from 'node:fs';
import type { EgressEvent } from '../gate/egress/egress.ts';
import { errorCode } from '../store/folders.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { RECORD_VERSION } from '../store/record.ts';
import { raiseAlert } from '../team/alerts.ts';
import { egressFile } from '../team/paths.ts';

/** Kind of the alert that stands for all hosts that an agent was refused. */
export const HOST_REFUSED = 'host refused';

/** Size at which the file makes room for a new one; the one before is kept. Bytes. */
const FILE_MAX = 8 * 1024 * 1024;
/** How many hosts are counted one by one; a guest can make up any number. */
const HOSTS_MAX = 1_000;

export interface EgressLogOptions {
  dir: string;
  agent: string;
  incarnation: number;
  fileMax?: number;
}

/**
 * Makes what writes down the connections of an agent: in `egress.jsonl`, one record each, and the first refusal as an alert.
 * Refusals of the same host are written the 1st, 2nd, 4th, 8th … time, so that a program that tries for ever fills no disk.
 */
export function createEgressLog({ dir, agent, incarnation, fileMax = FILE_MAX }: EgressLogOptions): {
  note: (event: EgressEvent) => Promise<void>;
} {
  const file = egressFile(dir, agent);
  const journal = openJournal(file, { durable: false });
  const refusals = new Map<string, number>();

  const count = (host: string): number => {
    const key = refusals.has(host) || refusals.size < HOSTS_MAX ? host : 'others';
    const times = (refusals.get(key) ?? 0) + 1;
    refusals.set(key, times);
    return times;
  };

  return {
    async note(event) {
      const isRefusal = event.type === 'refused';
      const times = isRefusal ? count(event.host) : 1;
      if (!Number.isInteger(Math.log2(times))) return;
      const ids = await loadIds();
      rotate(file, fileMax);
      journal.write({
        ...{ v: RECORD_VERSION, id: ids(), by: agent, incarnation, at: new Date().toISOString() },
        ...event,
        ...(times > 1 ? { times } : {}),
      });
      if (!isRefusal || event.kind === 'malformed' || event.kind === 'unreachable') return;
      const text = `${event.why} Every refusal stands in agents/${agent}/egress.jsonl.`;
      await raiseAlert(dir, agent, HOST_REFUSED, text);
    },
  };
}

function rotate(file: string, max: number): void {
  try {
    if (statSync(file).size > max) renameSync(file, file.replace(/\.jsonl$/, '.1.jsonl'));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error; // not there before its first record
  }
}
