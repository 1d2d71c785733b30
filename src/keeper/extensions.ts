import { join } from 'node:path';
import { contentFolder } from '../extensions/install/store.ts';
import { agentsOf, describeAgents, findAgentDefinition, modelOf } from '../extensions/use/agents-of-team.ts';
import { hooksOf } from '../extensions/use/hooks-of-team.ts';
import { skillList } from '../extensions/use/skill-list.ts';
import { findSkill, similarSkills, skillsOf, type UsableSkill } from '../extensions/use/skills-of-agent.ts';
import { type ExtensionSource, readTeamExtensions } from '../extensions/use/team-extensions.ts';
import type { Grant } from '../files/grant.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { ExtensionsOffer, SkillText } from '../protocol/extensions.ts';
import type { AgentDefinition } from '../protocol/gate.ts';
import { mayUse } from '../protocol/permits.ts';
import type { RosterEntry, TeamRecord } from '../team/team.ts';
import { grantPath, workspaceOf } from './grant-paths.ts';
import { grantSkills } from './grant-skills.ts';
import { hookOffer } from './hook-offer.ts';
import { definitionOf } from './kinds.ts';
import { optionsOfTeam, plainOptions, withOptions } from './plugin-options.ts';
import { pluginPlaces } from './plugin-places.ts';

/** Who wants to use a skill: the model, a person, or an agent definition that names it. */
export type SkillUser = 'model' | 'user' | 'agent';

/** What plugins and folders of skills bring to one agent. */
export interface AgentExtensions {
  /** Folders that its machine shows below `/plugins`. */
  folders: Grant[];
  offer(contextTokens: number): ExtensionsOffer;
  /** Helpers that plugins define; their prompts are fetched when they are used. */
  agents(contextTokens: number): AgentDefinition[];
  /** Throws SKILL_UNKNOWN. */
  definition(name: string): Promise<AgentDefinition>;
  /** Ids of the hooks that are armed. */
  armed: ReadonlySet<string>;
  /** Skills and commands that a person may call. */
  readonly forUser: readonly UsableSkill[];
  /** Throws SKILL_UNKNOWN, with those that are like it. */
  skill(name: string, by: SkillUser, given?: string): Promise<SkillText>;
}

/** Reads what the team was launched with, and the skills in its granted folders as they are now. */
export async function openExtensions(of: {
  home: string;
  dir: string;
  team: TeamRecord;
  agent: Pick<RosterEntry, 'name' | 'model' | 'tools' | 'skills'>;
  /** How many MCP servers are started for it. */
  servers?: number;
  /** The user's environment. */
  env?: NodeJS.ProcessEnv;
  /** Something that it goes without. */
  onTrouble?: (error: unknown) => void;
}): Promise<AgentExtensions> {
  const { home, dir, team, env = {} } = of;
  const extensions = readTeamExtensions(dir);
  const { sources } = extensions;
  const workspace = workspaceOf(dir, team, of.agent.name);
  const grants = team.grants.map((grant) => ({ path: grant.path, shown: grantPath(team, grant, workspace) }));
  const skills = skillsOf(extensions, await grantSkills(grants));
  const agents = agentsOf(extensions);
  const armed = hooksOf(extensions).filter(({ whyNot }) => whyNot === null);
  const options = await optionsOfTeam({ home, env }, sources, armed, of.onTrouble ?? (() => {}));
  const optionsFor = (source: ExtensionSource) => options.get(source.options?.id ?? '') ?? [];
  const { root: rootOf, data: dataOf } = pluginPlaces({ home, dir, sandbox: team.sandbox });
  return {
    folders: sources.map(({ folder, checksum }) => ({
      name: folder,
      root: contentFolder(home, checksum),
      mode: 'ro',
    })),
    offer: (contextTokens) => ({
      skills: skillList(skills, contextTokens),
      known: of.agent.skills ?? [],
      hooks: armed.map((hook) => {
        const offer = hookOffer(hook, { root: rootOf(hook.source), data: dataOf(hook.source) }, env);
        return withOptions(offer, hook, optionsFor(hook.source));
      }),
      folders: team.sandbox === 'vm' ? ['/plugins'] : sources.map(rootOf),
      path: sources
        .filter(({ isAgreed, programs }) => isAgreed && programs.length > 0)
        .map((source) => join(rootOf(source), 'bin')),
      servers: of.servers ?? 0,
    }),
    agents: (contextTokens) =>
      describeAgents(agents, contextTokens * CHARACTERS_FOR_AGENTS).map(({ agent, text }) => ({
        ...{ name: agent.fullName, description: text, prompt: null, tools: agent.tools, model: null },
      })),
    definition: async (name) => {
      const found = findAgentDefinition(agents, name);
      if (found === undefined)
        throw new CoworkError('SKILL_UNKNOWN', `There is no agent definition "${name}".`);
      const { model } = of.agent;
      return definitionOf({ home, dir, sandbox: team.sandbox, extensions, model }, found);
    },
    armed: new Set(armed.map(({ id }) => id)),
    forUser: skills.filter(({ forUser }) => forUser),
    skill: async (name, by) => {
      const found = findSkill(skills, name);
      const isAllowed = by === 'agent' || (by === 'user' ? found?.forUser : found?.forModel) === true;
      if (found === undefined || !isAllowed) throw unknown(skills, name, found, by);
      const source = sources.find(({ folder }) => folder === found.folder);
      return source === undefined
        ? textOfGranted(found, of.agent.model)
        : {
            ...common(found, of.agent.model),
            body: await bodyOf(home, source, found),
            file: join(rootOf(source), found.file),
            folder: folderOf(join(rootOf(source), found.file)),
            root: rootOf(source),
            data: dataOf(source),
            options: plainOptions(optionsFor(source)),
            noShell: !found.mayRun
              ? 'as nobody has agreed to what this plugin runs'
              : mayUse(of.agent, 'bash')
                ? null
                : 'as this agent has no shell',
          };
    },
  };
}

/** A hundredth of the context, at three characters a token. */
const CHARACTERS_FOR_AGENTS = 0.03;

function common(skill: UsableSkill, model: string) {
  const { fullName, kind, allowedTools, disallowedTools, isForked, agent } = skill;
  return {
    ...{ name: fullName, kind, allowedTools, disallowedTools, isForked, agent },
    ...{ arguments: skill.arguments, model: modelOf(skill, model), effort: skill.effort },
  };
}

async function bodyOf(home: string, { checksum }: ExtensionSource, { file }: UsableSkill): Promise<string> {
  const { readBody } = await import('../extensions/use/read-body.ts');
  return readBody(home, checksum, file);
}

/** Agents write there: the guest reads the text through its own mount, and nothing of it runs by itself. */
function textOfGranted(skill: UsableSkill, model: string): SkillText {
  const folder = folderOf(skill.file);
  return {
    ...common(skill, model),
    ...{ body: null, file: skill.file, folder, root: folder, data: '' },
    noShell: 'as agents can write this skill',
  };
}

const folderOf = (file: string): string => file.slice(0, file.lastIndexOf('/'));

function unknown(
  skills: readonly UsableSkill[],
  name: string,
  found: UsableSkill | undefined,
  by: SkillUser,
): CoworkError {
  if (found !== undefined) {
    const who = by === 'user' ? 'agents' : 'the user';
    return new CoworkError('SKILL_UNKNOWN', `${found.fullName} is for ${who} only.`);
  }
  const usable = skills.filter((skill) => (by === 'user' ? skill.forUser : skill.forModel));
  const alike = similarSkills(usable, name);
  return new CoworkError('SKILL_UNKNOWN', `There is no skill or command "${name.slice(0, 100)}".`, {
    hint: alike.length === 0 ? 'See the list of skills.' : `These may be meant:\n${alike.join('\n')}`,
  });
}
