import { forkTeam } from '../../supervisor/fork/fork.ts';
import { readConversation, turnsOf } from '../../team/conversation.ts';
import { findAgent, findTeam, listTeams, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandArguments, CommandModule, Surroundings } from '../command.ts';
import { followStart } from '../follow-start.ts';
import { readLimits } from '../limits.ts';
import { brief } from '../print.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const dir = findTeam(surroundings.home, args.team);
  if (args.list === true) return listTurns(dir, args, surroundings);
  return fork(dir, args, surroundings);
};

/** Makes the new team of `fork` and of `resume --from`, and shows how it starts. */
export async function fork(dir: string, args: CommandArguments, surroundings: Surroundings): Promise<number> {
  const { home, env, stderr } = surroundings;
  const { name: of } = readTeam(dir);
  const name = typeof args.name === 'string' ? args.name : freeName(`${of}-fork`, listTeams(home));
  const from = typeof args.from === 'string' ? args.from : undefined;
  const forked = await forkTeam({ home, env, of, name, from, limits: readLimits(args) });
  for (const note of forked.notes) stderr.write(`${note}\n`);
  return followStart(forked, args, surroundings);
}

function freeName(base: string, taken: readonly string[]): string {
  let name = base;
  for (let i = 2; taken.includes(name); i++) name = `${base}-${i}`;
  return name;
}

function listTurns(dir: string, { agent, json }: CommandArguments, { stdout }: Surroundings): undefined {
  const { name } = findAgent(readTeam(dir), typeof agent === 'string' ? agent : 'lead');
  const turns = turnsOf(readConversation(dir, name)).map(({ turn, at, text, tools }) => ({
    ...{ agent: name, turn, at, text, tools },
  }));
  if (json) return void stdout.write(`${JSON.stringify(turns)}\n`);
  for (const { turn, at, text, tools } of turns) {
    const called = tools.length === 0 ? '' : ` [${tools.join(', ')}]`;
    stdout.write(`${String(turn).padStart(4)}  ${at.slice(0, 19)}  ${brief(plainText(text), 80)}${called}\n`);
  }
}
