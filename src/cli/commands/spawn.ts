import { ensureSupervisor } from '../../supervisor/ensure.ts';
import { agentStatus } from '../../team/agent-status.ts';
import { addTeammate } from '../../team/roster.ts';
import { findAgent, findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async (
  { team, name, role, prompt, model, json },
  { home, stdout },
) => {
  const dir = findTeam(home, team);
  const record = await addTeammate(dir, {
    name: String(name),
    role: String(role),
    prompt: String(prompt),
    model: typeof model === 'string' ? model : undefined,
  });
  await ensureSupervisor(home, record.name);
  const status = agentStatus(dir, record, findAgent(record, String(name)), 0);
  stdout.write(json ? `${JSON.stringify(status)}\n` : `${name} is being started. See \`cowork status\`.\n`);
};
