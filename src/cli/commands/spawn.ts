import { spawnTeammate } from '../../keeper/spawn.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { ReplySettings } from '../../protocol/team.ts';
import { ensureSupervisor } from '../../supervisor/ensure.ts';
import { agentStatus } from '../../team/agent-status.ts';
import { findAgent, findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async (
  { team, name, role, prompt, model, tools, agent, effort, thinking, requirePlan, budget, json },
  { home, stdout },
) => {
  const dir = findTeam(home, team);
  if (budget !== undefined && !(Number(budget) > 0)) {
    throw new CoworkError('USAGE', '--budget takes an amount in USD above 0.');
  }
  const record = await spawnTeammate(home, dir, {
    name: String(name),
    role: String(role),
    prompt: String(prompt),
    model: typeof model === 'string' ? model : undefined,
    tools: Array.isArray(tools) ? tools.flatMap((each) => String(each).split(',')) : undefined,
    agent: typeof agent === 'string' ? agent : undefined,
    // The parser has checked the words.
    effort: effort as ReplySettings['effort'],
    thinking: thinking as ReplySettings['thinking'],
    require_plan: requirePlan === true,
    budget: typeof budget === 'number' ? budget : undefined,
  });
  await ensureSupervisor(home, record.name);
  const status = agentStatus(dir, record, findAgent(record, String(name)), 0);
  stdout.write(json ? `${JSON.stringify(status)}\n` : `${name} is being started. See \`cowork status\`.\n`);
};
