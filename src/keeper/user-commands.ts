import { oneLine } from '../extensions/use/skills-of-agent.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { UserAnswer } from '../protocol/gate.ts';
import { nearestName } from '../protocol/names.ts';
import { EFFORTS } from '../protocol/team.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { setModel, setReplies, stopAgent } from '../team/roster.ts';
import { findAgent, readTeam, repliesOf } from '../team/team.ts';
import type { Channel } from './channel.ts';
import type { AgentExtensions } from './extensions.ts';
import type { Self } from './self.ts';

export interface CommandContext {
  dir: string;
  self: Self;
  mailbox: Mailbox;
  tasks: TaskList;
  channel: Channel;
  extensions: Pick<AgentExtensions, 'forUser'>;
}

/** The answer to a command; `overrides`: it changes what the lead reckons with, who is told. */
export type CommandAnswer = UserAnswer & { overrides?: boolean };

interface Command {
  describe: string;
  run: (context: CommandContext, rest: string) => Promise<CommandAnswer>;
}

/** Messages that `/mail` shows. */
const MAIL_SHOWN = 12;

const COMMANDS: Record<string, Command> = {
  tasks: { describe: 'the task list', run: showTasks },
  mail: { describe: 'the latest mail of this agent', run: showMail },
  stop: { describe: 'stop this agent (the lead: see cowork stop)', run: stop },
  clear: {
    describe: 'clear this screen; the conversation stays',
    run: async () => ({ lines: [], clear: true }),
  },
  compact: { describe: 'replace the conversation by a summary of it', run: compact },
  model: { describe: 'another model for this agent, /model NAME', run: changeModel },
  effort: { describe: `effort of its replies, /effort ${EFFORTS.join('|')}`, run: changeEffort },
  skills: { describe: 'skills and commands of plugins; use one with /NAME …', run: showSkills },
  help: { describe: 'this list', run: help },
};

/** Whether this is a command of the prompt itself. */
export const isOwnCommand = (name: string): boolean => Object.hasOwn(COMMANDS, name.toLowerCase());

/** Runs a command that a person typed at an agent's prompt, on that agent. One that is not known is named, with the nearest that is. */
export async function runCommand(
  context: CommandContext,
  name: string,
  rest: string,
): Promise<CommandAnswer> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command.run(context, rest);
  const all = [...Object.keys(COMMANDS), ...context.extensions.forUser.map(({ fullName }) => fullName)];
  const nearest = nearestName(name, all);
  const hint = nearest === undefined ? '/help lists them.' : `Did you mean /${nearest}?`;
  return { lines: [`There is no command /${name}; nothing was sent. ${hint}`] };
}

async function help(): Promise<UserAnswer> {
  const commands = Object.entries(COMMANDS).map(([name, { describe }]) => `/${name.padEnd(8)} ${describe}`);
  const keys = ['Enter sends · Esc interrupts · Up, Down history · Ctrl-O the last tool call in full'];
  return {
    lines: ['What you type goes to this agent as your word, before the lead’s.', ...commands, ...keys],
  };
}

async function showSkills({ extensions }: CommandContext): Promise<UserAnswer> {
  const lines = extensions.forUser.map(({ fullName, argumentHint, description }) =>
    oneLine(`/${fullName} ${argumentHint}  ${description}`).slice(0, 200),
  );
  return { lines: lines.length === 0 ? ['There are no skills or commands of plugins.'] : lines };
}

async function compact({ channel }: CommandContext): Promise<UserAnswer> {
  void channel.push({ type: 'compact' });
  return { lines: ['The conversation is replaced by a summary before the next reply.'] };
}

async function changeModel({ dir, self, channel }: CommandContext, rest: string): Promise<CommandAnswer> {
  const model = rest.trim();
  if (!/^[\w.:/@-]{1,100}$/.test(model)) {
    return {
      lines: [`${self.name} has ${findAgent(readTeam(dir), self.name).model}. Change it with /model NAME.`],
    };
  }
  await setModel(dir, self.name, model);
  void channel.push({ type: 'model', model });
  return { lines: [`${self.name} has ${model} from its next reply on.`], overrides: true };
}

async function changeEffort({ dir, self, channel }: CommandContext, rest: string): Promise<CommandAnswer> {
  const effort = EFFORTS.find((each) => each === rest.trim());
  if (effort === undefined) {
    const team = readTeam(dir);
    const now = repliesOf(team, findAgent(team, self.name)).effort ?? 'what its model has by itself';
    return { lines: [`${self.name} puts ${now} into replies. Change it with /effort ${EFFORTS.join('|')}.`] };
  }
  const team = await setReplies(dir, self.name, { effort });
  void channel.push({ type: 'replies', replies: repliesOf(team, findAgent(team, self.name)) });
  return {
    lines: [`${self.name} puts ${effort} effort into replies from the next one on.`],
    overrides: true,
  };
}

async function showTasks({ tasks }: CommandContext): Promise<UserAnswer> {
  const all = await tasks.list();
  const lines = all.map(({ id, state, owner, subject }) =>
    [id.padEnd(4), state.padEnd(11), (owner ?? '-').padEnd(8), subject.slice(0, 200)].join(' '),
  );
  return { lines: lines.length === 0 ? ['No tasks yet.'] : lines };
}

async function showMail({ self, mailbox }: CommandContext): Promise<UserAnswer> {
  const all = (await mailbox.log({})).filter(({ from, to }) => from === self.name || to === self.name);
  const lines = all.slice(-MAIL_SHOWN).map(({ created, from, to, state, text }) => {
    const head = `${created.slice(11, 19)} ${from} → ${to} [${state}]`;
    return `${head} ${text.replaceAll(/\s+/g, ' ').slice(0, 300)}`;
  });
  return { lines: lines.length === 0 ? ['No mail yet.'] : lines };
}

async function stop({ dir, self }: CommandContext): Promise<CommandAnswer> {
  if (self.role === 'lead') return { lines: ['The lead is the team. Stop it from a shell: cowork stop'] };
  await stopAgent(dir, self.name, 'stopped by the user');
  return { lines: [`${self.name} is asked to stop.`], overrides: true };
}
