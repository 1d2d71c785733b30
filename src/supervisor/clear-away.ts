import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { GATE_VARIABLE, gateSocket } from '../keeper/gate-socket.ts';
import { endMarkedProcesses } from '../store/marked-processes.ts';
import type { LedgerRecord } from '../team/ledger.ts';
import { killIfSame } from './keeper-process.ts';

/** Ends what incarnations that were killed have left: machines, what their tools have started, folders. */
export async function clearAway(started: readonly LedgerRecord[]): Promise<void> {
  for (const { process: identity } of started) killIfSame(identity, 'SIGKILL');
  for (const { path } of started) {
    if (path === undefined || !existsSync(path)) continue;
    endMarkedProcesses(GATE_VARIABLE, gateSocket(path));
    await rm(path, { recursive: true, force: true });
  }
}
