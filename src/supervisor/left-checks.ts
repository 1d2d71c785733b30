import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { GATE_VARIABLE, gateSocket } from '../keeper/gate-socket.ts';
import { endMarkedProcesses } from '../store/marked-processes.ts';
import { readLedger } from '../team/ledger.ts';

/** Ends what checks of a supervisor that was killed have left: programs (a machine has ended with it) and folders. */
export async function endLeftChecks(dir: string): Promise<void> {
  for (const { agent, type, path } of readLedger(dir)) {
    if (agent !== 'team' || type !== 'started' || path === undefined || !existsSync(path)) continue;
    endMarkedProcesses(GATE_VARIABLE, gateSocket(path));
    await rm(path, { recursive: true, force: true });
  }
}
