import { z } from 'zod';
import { cloneGrants, resultBranch } from '../git/places.ts';
import { memoryIndex } from '../memory/command.ts';
import { openMemory } from '../memory/memory.ts';
import { contextTokens } from '../model/context-window.ts';
import type { TeamToolOffer, Welcome } from '../protocol/gate.ts';
import { mayReach, mayUse } from '../protocol/permits.ts';
import { TEAM_TOOLS, toolsFor } from '../protocol/tools.ts';
import { membersOf, type RosterEntry, repliesOf, type TeamRecord } from '../team/team.ts';
import type { Body } from './body.ts';
import type { AgentExtensions } from './extensions.ts';
import { gitPipe } from './git-pipe.ts';
import { grantPath, workspaceOf } from './grant-paths.ts';
import { missingGrants } from './missing-grants.ts';
import { readNotes } from './notes.ts';

/** What an agent learns about itself when it arrives. */
export function welcomeOf(of: {
  team: TeamRecord;
  agent: RosterEntry;
  incarnation: number;
  grants: Pick<Welcome['grants'][number], 'name' | 'path' | 'mode'>[];
  pane: { cols: number; rows: number };
  resumes: boolean;
  wasAtRest: boolean;
  /** How the upstream calls itself when it is a rehearsal. */
  rehearsal: string | null;
  body: Body;
  extensions: AgentExtensions;
  dir: string;
  home: string;
  env: NodeJS.ProcessEnv;
}): Welcome {
  const { team, agent, grants, extensions } = of;
  const workspace = workspaceOf(of.dir, team, agent.name);
  const notes = readNotes(
    of.home,
    team.grants.map((grant) => ({ path: grant.path, shown: grantPath(team, grant, workspace) })),
  );
  const missing = missingGrants(team.grants, of.body);
  const asked = of.env.COWORK_CONTEXT_TOKENS;
  const context = contextTokens(agent.model, asked);
  return {
    team: team.name,
    name: agent.name,
    role: agent.role,
    incarnation: of.incarnation,
    job: team.job,
    prompt: agent.prompt,
    model: agent.model,
    ...(agent.color === undefined ? {} : { color: agent.color }),
    grants: grants.map((grant) => ({
      ...grant,
      failed: missing.find(({ name }) => name === grant.name)?.reason ?? null,
    })),
    roster: membersOf(team)
      .filter((other) => other.wanted === 'running')
      .map((other) => ({ name: other.name, role: other.title })),
    allowHosts: team.sandbox === 'vm' && mayReach(agent) ? team.allowHosts : [],
    workspace,
    sandbox: team.sandbox,
    ...(team.image === undefined ? {} : { image: team.image }),
    mayUse: agent.tools ?? null,
    replies: repliesOf(team, agent),
    tools: toolOffers(agent),
    rehearsal: of.rehearsal,
    maxTurns: team.maxTurns,
    now: Date.now(),
    cols: of.pane.cols,
    rows: of.pane.rows,
    resumes: of.resumes,
    ...(of.wasAtRest ? { wasAtRest: true } : {}),
    needsPlan: agent.plan !== undefined && agent.plan !== 'approved',
    // A script does not know how to go on from a summary, unless somebody asks for one.
    contextTokens: of.rehearsal === null || asked !== undefined ? context : Number.MAX_SAFE_INTEGER,
    instructions: [...ofProject(team), ...notes.instructions],
    memory: memoryIndex(openMemory(of.home, team.project ?? null)),
    agents: [...notes.agents, ...extensions.agents(context)],
    extensions: extensions.offer(context),
    ...cloneOffer(team),
  };
}

const ofProject = ({ instructions }: TeamRecord): Welcome['instructions'] =>
  instructions === undefined ? [] : [{ path: '.cowork/instructions.md of the project', text: instructions }];

/** The team's tools of an agent as the model is offered them. */
function toolOffers(agent: RosterEntry): TeamToolOffer[] {
  const names = toolsFor(agent.role).filter((name) => name !== 'web_fetch' || mayUse(agent, name));
  return names.map((name) => {
    const { description, input } = TEAM_TOOLS[name];
    const { $schema: _, ...inputSchema } = z.toJSONSchema(input);
    return { name, description, inputSchema: { ...inputSchema, type: 'object' } };
  });
}

/** What an agent needs for its clones; nothing when it has none. */
function cloneOffer(team: TeamRecord): Pick<Welcome, 'clones'> {
  if (cloneGrants(team).length === 0) return {};
  const { name, sandbox, check = null } = team;
  return { clones: { result: resultBranch(name), pipe: gitPipe(sandbox), check } };
}
