import { join } from 'node:path';

/** Leads an agent of the host to its gate; and marks all that it starts, as the path is nobody else's. */
export const GATE_VARIABLE = 'COWORK_GATE';

/** The gate's socket in the folder that an incarnation runs in. */
export const gateSocket = (runtimeDir: string): string => join(runtimeDir, 'gate.sock');
