import { readTeamExtensions } from '../extensions/use/team-extensions.ts';
import { CoworkError } from '../protocol/errors.ts';
import { nearestName } from '../protocol/names.ts';
import { ACTING_TOOLS, actingTool, isServerTool } from '../protocol/permits.ts';
import type { ReplySettings } from '../protocol/team.ts';
import { addTeammate } from '../team/roster.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';
import { findKind, type Kind, kindNames } from './kinds.ts';

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
  effort?: ReplySettings['effort'] | undefined;
  thinking?: ReplySettings['thinking'] | undefined;
  require_plan?: boolean | undefined;
  budget?: number | undefined;
  key?: string | undefined;
}

/**
 * Puts a teammate on the roster. What it may do is settled here, for all its lives: a file that is changed later, or a word
 * of another agent, adds nothing. Throws REQUEST_INVALID for a tool or kind that is not known, and what `addTeammate` throws.
 */
export async function spawnTeammate(home: string, dir: string, asked: SpawnRequest): Promise<TeamRecord> {
  const kind = asked.agent === undefined ? undefined : await kindOf(home, dir, asked.agent);
  const wanted = asked.tools?.map(knownTool);
  const tools = kind?.tools?.filter((tool) => wanted?.includes(tool) ?? true) ?? wanted;
  return addTeammate(dir, {
    ...asked,
    prompt: [kind?.prompt ?? '', asked.prompt].filter((part) => part !== '').join('\n\n'),
    model: asked.model ?? kind?.model ?? undefined,
    tools: tools === undefined ? undefined : [...new Set(tools)],
    skills: kind?.skills,
    color: kind?.color,
    replies: repliesFor(asked, kind),
  });
}

/** What is said at the spawn goes before what its kind says. */
function repliesFor({ effort, thinking }: SpawnRequest, kind: Kind | undefined): ReplySettings {
  const wanted = effort ?? kind?.effort;
  return {
    ...(wanted === undefined ? {} : { effort: wanted }),
    ...(thinking === undefined ? {} : { thinking }),
  };
}

function knownTool(name: string) {
  const tool = actingTool(name) ?? (isServerTool(name) ? name : undefined);
  if (tool !== undefined) return tool;
  throw new CoworkError('REQUEST_INVALID', `There is no tool ${JSON.stringify(name)} to give.`, {
    hint: `There are ${ACTING_TOOLS.join(', ')}. Mail and tasks are every agent's.`,
  });
}

async function kindOf(home: string, dir: string, name: string): Promise<Kind> {
  const team = readTeam(dir);
  const model = team.agents.find(({ role }) => role === 'teammate')?.model ?? team.agents[0]?.model ?? '';
  const of = { ...team, home, dir, extensions: readTeamExtensions(dir), model };
  const found = await findKind(of, name);
  if (found !== undefined) return found;
  const names = kindNames(of);
  const nearest = nearestName(name, names);
  const all = names.length === 0 ? 'There is none.' : `There are ${names.slice(0, 20).join(', ')}.`;
  throw new CoworkError('REQUEST_INVALID', `There is no kind of agent ${JSON.stringify(name)}.`, {
    hint: nearest === undefined ? all : `Did you mean ${nearest}?`,
  });
}
