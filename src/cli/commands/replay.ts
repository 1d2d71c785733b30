import { replay } from '../../pane/replay.ts';
import { recordingFile } from '../../team/paths.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, agent, speed }, { home, stdin, stdout }) => {
  const dir = findTeam(home, team);
  findAgent(readTeam(dir), String(agent));
  await replay({ file: recordingFile(dir, String(agent)), speed: Number(speed), stdin, stdout });
};
