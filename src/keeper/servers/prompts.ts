import { findSkill, type UsableSkill } from '../../extensions/use/skills-of-agent.ts';
import type { AgentExtensions } from '../extensions.ts';
import type { PromptCommand } from './hub.ts';
import type { AgentServers } from './servers.ts';

/** What an agent has of extensions, with the prompts of its servers among the commands of the user. */
export function withPrompts(
  extensions: AgentExtensions,
  servers: Pick<AgentServers, 'prompts' | 'prompt'>,
): AgentExtensions {
  return {
    ...extensions,
    get forUser() {
      return [...extensions.forUser, ...servers.prompts().map(commandOf)];
    },
    skill: async (name, by, given = '') => {
      // Matched as other commands are: what is typed at a prompt has lost its capitals.
      const meant = by === 'user' ? findSkill(servers.prompts().map(commandOf), name)?.fullName : undefined;
      const prompt = meant === undefined ? undefined : await servers.prompt(meant, given);
      return prompt ?? extensions.skill(name, by);
    },
  };
}

const commandOf = ({ fullName, description, argumentHint }: PromptCommand): UsableSkill => ({
  ...{ kind: 'command', name: fullName, fullName, title: null, file: '', folder: null },
  ...{ description, argumentHint, whenToUse: '', arguments: [], allowedTools: null, disallowedTools: [] },
  ...{ forModel: false, forUser: true, model: null, effort: null, isForked: false, agent: null, paths: [] },
  ...{ runsCommands: false, mayRun: false },
});
