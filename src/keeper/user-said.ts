import { findSkill } from '../extensions/use/skills-of-agent.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { UserAnswer } from '../protocol/gate.ts';
import { type CommandContext, isOwnCommand, runCommand } from './user-commands.ts';

export interface UserSaidContext extends CommandContext {
  /** Whether a person has typed at this agent's pane lately. */
  userTypedRecently: () => boolean;
}

/**
 * What a person typed at the pane becomes the user's message to this agent, ahead of the lead's instructions, and the lead gets a
 * note of it; a word that begins with a slash is a command. A guest that makes it up is refused: the keeper itself must have seen
 * somebody type.
 */
export async function userSaid(context: UserSaidContext, text: string): Promise<UserAnswer> {
  const { self, mailbox, userTypedRecently } = context;
  if (!userTypedRecently()) {
    throw new CoworkError('TOOL_REFUSED', 'Nobody has typed at this pane; only the user speaks as the user.');
  }
  // A path such as `/grants/mails` is no command.
  const [, name, rest = ''] = /^\/([\p{L}\p{N}][\p{L}\p{N}._:-]*)(?:\s+([\s\S]*))?$/u.exec(text) ?? [];
  // One of a plugin goes to the agent as it was typed, and is filled in there.
  const isOfPlugin =
    name !== undefined && !isOwnCommand(name) && findSkill(context.extensions.forUser, name) !== undefined;
  if (name !== undefined && !isOfPlugin) {
    const answer = await runCommand(context, name.toLowerCase(), rest.trim());
    if (answer.overrides === true)
      await tellLead(context, `The user typed ${text.slice(0, 200)} at ${self.name}.`);
    return { lines: answer.lines, ...(answer.clear === true ? { clear: true } : {}) };
  }
  const { task } = self.record;
  await mailbox.send({ from: 'user', to: self.name, text, incarnation: 0 });
  const doing = task === null ? '' : `, while it works on ${task}`;
  await tellLead(
    context,
    `The user told ${self.name} directly${doing}. Their word goes before yours: ${text.slice(0, 2000)}`,
  );
  return { lines: [] };
}

/** Tells the lead what a person did past it. */
async function tellLead({ self, mailbox }: CommandContext, text: string): Promise<void> {
  if (self.role === 'lead') return;
  await mailbox.send({
    from: 'team',
    to: 'lead',
    kind: 'notice',
    priority: 'note',
    text,
    incarnation: 0,
  });
}
