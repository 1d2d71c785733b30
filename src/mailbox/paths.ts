/** Names in the store of a team, which are paths below its folder when it is kept in files. */
export const inboxLog = (agent: string): string => `mailbox/${agent}/inbox.jsonl`;
export const cursorCell = (agent: string): string => `mailbox/${agent}/cursor.json`;
/** Texts that are too long for an inbox; `id` is the message's, or the broadcast's. */
export const bodyCell = (id: string): string => `mailbox/.bodies/${id}.txt`;
export const quarantineFolder = (teamDir: string, agent: string): string =>
  `${teamDir}/mailbox/${agent}/quarantine`;
