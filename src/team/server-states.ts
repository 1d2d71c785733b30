import { readFileSync } from 'node:fs';
import { serversFile } from './paths.ts';

/** How an MCP server of an agent fares. */
export interface ServerRecord {
  state: string;
  reason: string;
  /** How many of each it has. */
  tools: number;
  prompts: number;
  resources: number;
  /** Revision of the protocol. */
  protocol: string;
  /** The end of what it wrote to stderr. */
  said: string;
  at: string;
}

/** By its name, as its keeper has noted; empty when there is nothing, or it was cut off by a power loss. */
export function readServerStates(dir: string, agent: string): Record<string, ServerRecord> {
  try {
    // Written whole by the keeper; the file is 0600 and ours.
    return JSON.parse(readFileSync(serversFile(dir, agent), 'utf8')) as Record<string, ServerRecord>;
  } catch {
    return {};
  }
}
