import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Desk, openDesk } from '../cowork.ts';
import { type TestTeam, teamOn } from '../team.ts';
import type { StrictServer } from './server.ts';

/** Launches a team whose models are on this server, without a sandbox unless `flags` say so, with one granted folder of four words. */
export async function launchOn(
  server: StrictServer,
  flags: string[],
  atEnd: (work: () => Promise<void>) => void,
  prepare: (desk: Desk) => void | Promise<void> = () => {},
): Promise<TestTeam> {
  const desk = openDesk(atEnd);
  desk.env.ANTHROPIC_BASE_URL = server.url;
  writeFileSync(join(desk.folder, 'words.txt'), 'one two three four\n');
  await prepare(desk);
  const { team, dir } = await desk.json<{ team: string; dir: string }>(
    ...['launch', 'Do it', '--team', 'mine', '--grant', desk.folder],
    ...(flags.includes('--sandbox') ? flags : ['--sandbox', 'none', ...flags]),
  );
  return teamOn(desk, team, dir);
}

/** Runs a team to its end, and gives its status. */
export async function toItsEnd(team: TestTeam, seconds = 50) {
  const wait = ['wait', '-t', team.name, '--timeout', String(seconds), '--json'];
  const { code, stdout, stderr } = await team.cowork(wait);
  if (stdout === '') throw new Error(`wait ended with ${code}: ${stderr}`);
  return { code, status: JSON.parse(stdout) };
}
