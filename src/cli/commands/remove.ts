import { closeSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openStaged } from '../../files/review/open-staged.ts';
import { isShown } from '../../files/review/staged.ts';
import { openRoot } from '../../files/tree.ts';
import { repositoryStates } from '../../git/state.ts';
import { CoworkError, toCoworkError } from '../../protocol/errors.ts';
import { removeFromServer } from '../../store/open-backend.ts';
import { checkpointsFolder } from '../../team/paths.ts';
import { isAtRest } from '../../team/retention.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import { listTeamFiles, sumSizes } from '../../team/team-sizes.ts';
import { askYesNo } from '../ask-yes-no.ts';
import type { CommandModule } from '../command.ts';
import { renderSizes, type Sizes } from '../render-sizes.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { team, json } = args;
  const { home, stdin, stdout, stderr } = surroundings;
  const dir = findTeam(home, team);
  const { name, agents, host } = readTeam(dir);
  const [lead] = agents;
  if (!isAtRest(dir)) throw new CoworkError('TEAM_RUNNING', `Team "${name}" is running.`);
  await assertNothingWaits(dir);
  const goes = { removed: name, sizes: sumSizes(listTeamFiles(dir)) };
  if (args.dryRun === true) {
    stdout.write(
      json ? `${JSON.stringify({ ...goes, removed: null })}\n` : `${renderGoes(name, goes.sizes)}\n`,
    );
    return;
  }
  if (args.yes !== true && json !== true && stdin.isTTY && stderr.isTTY) {
    stderr.write(`${renderGoes(name, goes.sizes)}\n`);
    if (!(await askYesNo('Remove all of it? [y/N] ', { stdin, stderr }))) {
      stdout.write('Nothing is removed.\n');
      return;
    }
  }
  if (host !== undefined && lead?.role === 'lead') {
    // A server that is gone for ever must not keep the folder.
    await removeFromServer(dir).catch((error: unknown) => {
      stderr.write(`What the server keeps of it stays there. ${toCoworkError(error).message}\n`);
    });
  }
  // Out of sight at once, so that nobody ever finds a half of it.
  const grave = join(dirname(dir), `.${basename(dir)}.${process.pid}.removed`);
  await rename(dir, grave);
  await rm(grave, { recursive: true, force: true });
  const { forgetPluginOptions, forgetTeamPlugins, sweepPlugins } = await import('../plugins/for-team.ts');
  forgetTeamPlugins(home, name);
  await forgetPluginOptions(home, surroundings.env);
  sweepPlugins(home); // what only this team had
  const what = renderSizes(goes.sizes);
  stdout.write(json ? `${JSON.stringify(goes)}\n` : `Team "${name}" is removed: ${what}.\n`);
};

const renderGoes = (name: string, sizes: Sizes): string => `With team "${name}" go: ${renderSizes(sizes)}.`;

/** What agents did in folders under review is in the team's folder only, and would go with it. */
async function assertNothingWaits(dir: string): Promise<void> {
  const missing = repositoryStates(dir, readTeam(dir)).find(({ isPublished }) => !isPublished);
  if (missing !== undefined) {
    const what = `The result in ${missing.branch} is not in ${missing.path}`;
    throw new CoworkError(
      'CHANGES_WAITING',
      `${what}${missing.obstacle === null ? '' : `: ${missing.obstacle}`}.`,
    );
  }
  for (const grant of readTeam(dir).grants) {
    const opened = grant.mode === 'review' ? openRoot(grant.path) : { reason: '' };
    if ('reason' in opened) continue; // a folder that is gone must not keep the team
    const versions = await openStaged(checkpointsFolder(dir), grant.name, opened.fd);
    try {
      const waiting = versions.reduce((sum, version) => sum + version.changes().filter(isShown).length, 0);
      if (waiting > 0)
        throw new CoworkError('CHANGES_WAITING', `${waiting} changes in ${grant.path} were never applied.`);
    } finally {
      for (const version of versions) version[Symbol.dispose]();
      closeSync(opened.fd);
    }
  }
}
