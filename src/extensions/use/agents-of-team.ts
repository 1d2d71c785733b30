import type { AgentDefinition } from '../load/components.ts';
import { oneLine } from './skills-of-agent.ts';
import type { ExtensionSource, TeamExtensions } from './team-extensions.ts';

/** An agent definition of a plugin, as `run_subagent` and `--teammate` call it. */
export interface UsableAgent extends AgentDefinition {
  /** `plugin:agent`. */
  fullName: string;
  source: ExtensionSource;
}

export function agentsOf({ sources }: TeamExtensions): UsableAgent[] {
  return sources.flatMap((source) =>
    source.agents.map((agent) => ({ ...agent, fullName: `${source.plugin}:${agent.name}`, source })),
  );
}

/** The definition that a name means: its full name, or the last part when only one plugin has that. */
export function findAgentDefinition(agents: readonly UsableAgent[], name: string): UsableAgent | undefined {
  const exact = agents.find(({ fullName }) => fullName === name);
  if (exact !== undefined) return exact;
  const alike = agents.filter((agent) => agent.name === name);
  return alike.length === 1 ? alike[0] : undefined;
}

/** Models of a family by the names that definitions use, for servers that know our family of names. */
export function modelOf({ model }: { model: string | null }, usual: string): string | null {
  if (model === null || model === 'inherit') return null;
  if (!/^(opus|sonnet|haiku)$/.test(model)) return model;
  return usual.startsWith('claude-') ? `claude-${model}-5-5` : null;
}

/** What the list of helpers says of each; they share a bounded room. */
export function describeAgents(
  agents: readonly UsableAgent[],
  room: number,
): { agent: UsableAgent; text: string }[] {
  const each = Math.max(40, Math.min(500, Math.floor(room / Math.max(1, agents.length)) - 40));
  const most = Math.floor(room / (each + 40));
  return agents.slice(0, Math.max(most, 1)).map((agent) => ({
    agent,
    text: oneLine(agent.description.replace(/<example>[\s\S]*/, '')).slice(0, each),
  }));
}
