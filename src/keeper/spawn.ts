import { CoworkError } from '../protocol/errors.ts';
import { nearestName } from '../protocol/names.ts';
import { ACTING_TOOLS, actingTool } from '../protocol/permits.ts';
import { addTeammate } from '../team/roster.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';
import { grantPath } from './grant-paths.ts';
import { readNotes } from './notes.ts';

/** A teammate as the lead or the user asks for it. */
export interface SpawnRequest {
  name: string;
  role: string;
  prompt: string;
  model?: string | undefined;
  /** With which tools it may act; without them, with all. */
  tools?: readonly string[] | undefined;
  /** A kind of agent from a file; its prompt comes first, and it narrows the tools. */
  agent?: string | undefined;
  require_plan?: boolean | undefined;
  budget?: number | undefined;
  key?: string | undefined;
}

/**
 * Puts a teammate on the roster. What it may do is settled here, for all its lives: a file that is changed later, or a word
 * of another agent, adds nothing. Throws REQUEST_INVALID for a tool or kind that is not known, and what `addTeammate` throws.
 */
export async function spawnTeammate(home: string, dir: string, asked: SpawnRequest): Promise<TeamRecord> {
  const kind = asked.agent === undefined ? undefined : kindOf(home, readTeam(dir), asked.agent);
  const wanted = asked.tools?.map(knownTool);
  const ofKind = kind?.tools?.flatMap((name) => actingTool(name) ?? []);
  const tools = ofKind?.filter((tool) => wanted?.includes(tool) ?? true) ?? wanted;
  return addTeammate(dir, {
    ...asked,
    prompt: [kind?.prompt ?? '', asked.prompt].filter((part) => part !== '').join('\n\n'),
    model: asked.model ?? kind?.model ?? undefined,
    tools: tools === undefined ? undefined : [...new Set(tools)],
  });
}

function knownTool(name: string) {
  const tool = actingTool(name);
  if (tool !== undefined) return tool;
  throw new CoworkError('REQUEST_INVALID', `There is no tool ${JSON.stringify(name)} to give.`, {
    hint: `There are ${ACTING_TOOLS.join(', ')}. Mail and tasks are every agent's.`,
  });
}

function kindOf(home: string, team: TeamRecord, name: string) {
  const folders = team.grants.map((grant) => ({ path: grant.path, shown: grantPath(team, grant) }));
  const { agents } = readNotes(home, folders);
  const found = agents.find((agent) => agent.name === name);
  if (found !== undefined) return found;
  const names = agents.map((agent) => agent.name);
  const nearest = nearestName(name, names);
  const all = names.length === 0 ? 'There is none.' : `There are ${names.join(', ')}.`;
  throw new CoworkError('REQUEST_INVALID', `There is no kind of agent ${JSON.stringify(name)}.`, {
    hint: nearest === undefined ? all : `Did you mean ${nearest}?`,
  });
}
