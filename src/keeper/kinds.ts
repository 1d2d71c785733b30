import {
  agentsOf,
  findAgentDefinition,
  modelOf,
  type UsableAgent,
} from '../extensions/use/agents-of-team.ts';
import { skillsOf } from '../extensions/use/skills-of-agent.ts';
import type { TeamExtensions } from '../extensions/use/team-extensions.ts';
import type { AgentDefinition } from '../protocol/gate.ts';
import { ACTING_TOOLS, type ActingTool, actingTool, isServerTool } from '../protocol/permits.ts';
import { COLORS, type Color, EFFORTS, type ReplySettings, type Sandbox } from '../protocol/team.ts';
import type { TeamGrant } from '../team/team.ts';
import { grantPath } from './grant-paths.ts';
import { readNotes } from './notes.ts';
import { withPlainOptions } from './plugin-options.ts';
import { pluginPlaces } from './plugin-places.ts';

/** What a team has of definitions of agents: in files, and of plugins. */
export interface KindsOf {
  home: string;
  dir: string;
  grants: readonly TeamGrant[];
  sandbox: Sandbox;
  extensions: TeamExtensions;
  /** The model that an agent has without a definition. */
  model: string;
}

/** What a definition makes of a teammate. */
export interface Kind {
  name: string;
  prompt: string;
  /** With which tools it may act; undefined: all. */
  tools: string[] | undefined;
  model: string | undefined;
  effort: ReplySettings['effort'];
  /** Skills that it knows from its start. */
  skills: string[];
  color: Color | undefined;
}

/** The definition that a role names: one in a file, `plugin:agent`, or the last part of it when only one plugin has that. */
export async function findKind(of: KindsOf, name: string): Promise<Kind | undefined> {
  const inFile = definitionsInFiles(of).find((agent) => agent.name === name);
  if (inFile !== undefined) return kindOf(inFile);
  const found = findAgentDefinition(agentsOf(of.extensions), name);
  return found === undefined ? undefined : kindOf(await definitionOf(of, found));
}

export function kindNames(of: KindsOf): string[] {
  return [
    ...definitionsInFiles(of).map(({ name }) => name),
    ...agentsOf(of.extensions).map(({ fullName }) => fullName),
  ];
}

/** The whole definition of an agent of a plugin, with its prompt. */
export async function definitionOf(
  of: Omit<KindsOf, 'grants'>,
  agent: UsableAgent,
): Promise<AgentDefinition & { prompt: string }> {
  const { readBody } = await import('../extensions/use/read-body.ts');
  const { source } = agent;
  const known = new Set(skillsOf(of.extensions).map(({ fullName }) => fullName));
  // A skill that it names without a plugin is first looked for in its own.
  const own = (skill: string): string => `${source.plugin}:${skill}`;
  return {
    name: agent.fullName,
    description: agent.description.slice(0, 500),
    prompt: withPlainOptions(
      of.home,
      source,
      pluginPlaces(of).fill(readBody(of.home, source.checksum, agent.file), source),
    ).trim(),
    tools: agent.tools,
    disallowedTools: agent.disallowedTools,
    model: modelOf(agent, of.model),
    skills: agent.skills.map((skill) => (known.has(own(skill)) ? own(skill) : skill)),
    maxTurns: agent.maxTurns,
    effort: agent.effort,
    color: agent.color,
  };
}

function definitionsInFiles({ home, grants, sandbox }: KindsOf): AgentDefinition[] {
  const folders = grants.map((grant) => ({ path: grant.path, shown: grantPath({ sandbox }, grant) }));
  return readNotes(home, folders).agents;
}

/** Tools that are narrowed to what nobody here enforces are not given. */
function kindOf({
  name,
  prompt,
  tools,
  disallowedTools = [],
  model,
  effort,
  skills = [],
  color,
}: AgentDefinition): Kind {
  const allowed =
    tools === null || tools.includes('*')
      ? undefined
      : tools.flatMap((tool): string[] => {
          const known = actingTool(tool) ?? (isServerTool(tool) ? tool : undefined);
          return known === undefined ? [] : [known];
        });
  const without = new Set(disallowedTools.flatMap((tool) => actingTool(tool.replace(/\(.*$/s, '')) ?? []));
  const left =
    without.size === 0
      ? allowed
      : (allowed ?? [...ACTING_TOOLS, 'mcp__*']).filter((tool) => !without.has(tool as ActingTool));
  const known = EFFORTS.find((each) => each === effort);
  return {
    ...{ name, prompt: prompt ?? '', tools: left, model: model ?? undefined, effort: known, skills },
    color: COLORS.find((each) => each === color),
  };
}
