import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../store/folders.ts';

export const mailboxFolder = (teamDir: string): string => join(teamDir, 'mailbox');
export const agentFolder = (teamDir: string, agent: string): string => join(mailboxFolder(teamDir), agent);
export const inboxFile = (teamDir: string, agent: string): string =>
  join(agentFolder(teamDir, agent), 'inbox.jsonl');
export const cursorFile = (teamDir: string, agent: string): string =>
  join(agentFolder(teamDir, agent), 'cursor.json');
export const quarantineFolder = (teamDir: string, agent: string): string =>
  join(agentFolder(teamDir, agent), 'quarantine');

/** The agents that have an inbox, by name. */
export function agentsWithInbox(teamDir: string): string[] {
  try {
    return readdirSync(mailboxFolder(teamDir), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []; // nobody has got mail yet
    throw error;
  }
}
