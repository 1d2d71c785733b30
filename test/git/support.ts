import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RepositoryStatus } from '../../src/protocol/team.ts';
import { type Desk, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { type Call, fixture, type TestTeam, teamOn } from '../support/team.ts';

/** Runs git in a folder as a person would, with no settings of the machine. */
export function gitIn(folder: string, ...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  const who = ['-c', 'user.name=user', '-c', 'user.email=user@example.org'];
  return execFileSync('git', ['-C', folder, ...who, ...args], {
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

/** Writes files below a folder. */
export function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** A repository of the user with one commit. */
export function makeRepository(folder: string, files: Record<string, string>): string {
  mkdirSync(folder, { recursive: true });
  gitIn(folder, 'init', '--quiet', '--initial-branch=main');
  write(folder, files);
  gitIn(folder, 'add', '.');
  gitIn(folder, 'commit', '--quiet', '--message=first');
  return folder;
}

export interface GitTeam extends TestTeam {
  /** The user's repository. */
  repository: string;
  /** Runs a command in the clone of an agent, by the agent, and gives what it said. */
  run(agent: string, command: string): Promise<string>;
  state(): Promise<RepositoryStatus>;
  /** Waits until nothing waits to be merged and so many pushes have landed and gone back. */
  merged(landed: number, returned?: number): Promise<RepositoryStatus>;
}

/** Launches a team that does as it is told, with a repository as a clone. */
export async function launchOnRepository(
  files: Record<string, string>,
  flags: string[],
  { desk = openDesk(), sandbox = 'none' }: { desk?: Desk; sandbox?: 'vm' | 'none' } = {},
): Promise<GitTeam> {
  const repository = makeRepository(join(desk.tmp, 'shop'), files);
  const rehearsal = ['--rehearsal', fixture('puppet'), '--sandbox', sandbox];
  const { team, dir } = await desk.json<{ team: string; dir: string }>(
    ...['launch', 'Work on the code', '--grant', `${repository}:clone`],
    ...[...rehearsal, ...flags],
  );
  return gitTeam(teamOn(desk, team, dir), repository);
}

export function gitTeam(team: TestTeam, repository: string): GitTeam {
  const state = async (): Promise<RepositoryStatus> => {
    const [found] = (await team.status()).repositories ?? [];
    if (found === undefined) throw new Error('the team has no repository');
    return found;
  };
  return {
    ...team,
    repository,
    state,
    run: async (agent, command) => {
      const isMachine = (await team.agent(agent)).sandbox === 'vm';
      const folder = isMachine ? '/workspace/shop' : join(team.dir, 'agents', agent, 'workspace', 'shop');
      const call: Call = ['bash', { command: `cd ${folder} && { ${command}; } 2>&1` }];
      const [step] = await (await team.begin(agent, [[call]])).done(120_000);
      return step?.results[0]?.text ?? '';
    },
    merged: (landed, returned = 0) =>
      eventually(
        `${landed} landed, ${returned} returned`,
        async () => {
          const now = await state();
          const isSo = now.landed === landed && now.returned === returned && now.waiting.length === 0;
          if (isSo && now.isPublished) return now;
          throw new Error(JSON.stringify(now));
        },
        60_000,
      ),
  };
}
