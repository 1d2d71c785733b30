import { readFileSync } from 'node:fs';
import type { HookReport } from '../protocol/hooks.ts';
import { hooksFile } from './paths.ts';

/** How each hook of an agent ended the last time, by its id. */
export type HookResults = Record<string, Omit<HookReport, 'id'> & { runs: number; at: string }>;

/** What the keeper of an agent has noted; empty when there is nothing, or it was cut off by a power loss. */
export function readHookResults(dir: string, agent: string): HookResults {
  try {
    // Written whole by the keeper; the file is 0600 and ours.
    return JSON.parse(readFileSync(hooksFile(dir, agent), 'utf8')) as HookResults;
  } catch {
    return {};
  }
}
