import { join } from 'node:path';

/** The journal of all changes of a team. */
export const changesFile = (checkpoints: string): string => join(checkpoints, 'changes.jsonl');
