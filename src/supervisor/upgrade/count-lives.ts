import { openMailbox } from '../../mailbox/mailbox.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { readAgentRecord } from '../../team/agent-record.ts';
import { readConversation, turnsOf } from '../../team/conversation.ts';
import { agentFile } from '../../team/paths.ts';
import type { Step } from './step.ts';

/**
 * From format 1 to 2: `agent.json` says how often an agent has asked its model and how many messages it has sent, over all its lives; limits count by that.
 * Records of the first programs do not, so that `--max-turns` and `--max-messages` would begin anew. Transcript and mail know it.
 */
export const countLives: Step = {
  from: 1,
  changes: ({ agents }) => agents.map(({ name }) => `agents/${name}/agent.json`),
  apply: async (dir, { agents, store }) => {
    // Mail on a server is nobody's to count here; teams with one have always counted.
    const mail = store === undefined ? await openMailbox(dir).log({}) : [];
    for (const { name } of agents) {
      const record = readAgentRecord(dir, name);
      const turns = Math.max(record.turns, turnsOf(readConversation(dir, name)).length);
      const sent = mail.filter(({ from, kind }) => from === name && kind === 'message').length;
      const messages = Math.max(record.messages, sent);
      await replaceFile(agentFile(dir, name), `${JSON.stringify({ ...record, turns, messages })}\n`);
    }
  },
};
