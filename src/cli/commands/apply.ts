import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Conflict } from '../../files/changes/undo.ts';
import { readable } from '../../files/host.ts';
import { apply } from '../../files/review/apply.ts';
import { openStaged } from '../../files/review/open-staged.ts';
import { isShown } from '../../files/review/staged.ts';
import { openRoot } from '../../files/tree.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { loadIds } from '../../store/ids.ts';
import { checkpointsFolder } from '../../team/paths.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';
import { placesOf } from '../grant-paths.ts';
import { publishResults, repositoriesOf } from '../repositories.ts';

const MOST_SHOWN = 20;

/** What has landed, as `--json` shows it. */
interface Shown {
  grant: string;
  path: string;
  change: string;
  agent: string;
}

export const run: CommandModule['run'] = async (args, { home, stdout }) => {
  const dir = findTeam(home, args.team);
  const team = readTeam(dir);
  const agent = typeof args.agent === 'string' ? findAgent(team, args.agent).name : undefined;
  const places = placesOf(team, args.path).filter(({ grant }) => grant.mode === 'review');
  const branches = agent === undefined ? await publishResults(dir, args.path) : [];
  if (places.length === 0 && repositoriesOf(team, args.path).length === 0) {
    throw new CoworkError('NOT_GRANTED', 'Nothing here is granted for review.', {
      hint: 'In folders of the mode rw and keep, changes are made at once. A grant for review is --grant PATH:review.',
    });
  }
  const checkpoints = checkpointsFolder(dir);
  const [ids, landed, stuck] = [await loadIds(), [] as Shown[], [] as string[]];
  for (const { grant, path } of places) {
    const opened = openRoot(grant.path);
    if ('reason' in opened)
      throw new CoworkError('GRANT_INVALID', `${grant.name} can't be changed: ${opened.reason}.`);
    const root = opened.fd;
    const versions = await openStaged(checkpoints, grant.name, root, agent);
    try {
      const outcome = await apply({
        checkpoints,
        grant,
        root,
        versions,
        path,
        force: args.force === true,
        ids,
      });
      if ('conflicts' in outcome)
        throw new CoworkError(
          'CHANGES_CONFLICT',
          `In ${grant.name} nothing was applied: ${list(grant.path, outcome.conflicts)}.`,
        );
      for (const { agent: by, path: at, change } of outcome.landed.filter(isShown)) {
        landed.push({ grant: grant.name, path: join(grant.path, readable(at)), change, agent: by });
      }
      if (outcome.stuck.length > 0) stuck.push(list(grant.path, outcome.stuck));
    } finally {
      for (const version of versions) version[Symbol.dispose]();
      closeSync(root);
    }
  }
  if (!args.json) {
    for (const { path, branch } of branches)
      stdout.write(
        `${path} has the branch ${branch}. See it: git log ${branch}; take it: git merge ${branch}\n`,
      );
  }
  if (args.json) stdout.write(`${JSON.stringify(landed)}\n`);
  else if (branches.length > 0 && landed.length === 0 && stuck.length === 0) return;
  else if (landed.length === 0 && stuck.length === 0) stdout.write('There is nothing to apply.\n');
  else {
    for (const { path, change, agent: by } of landed)
      stdout.write(`${change}  ${plainText(path)}  (${by})\n`);
    if (landed.length > 0) stdout.write('Applied. `cowork undo` takes it back.\n');
  }
  if (stuck.length > 0) throw new CoworkError('CHANGES_NOT_APPLIED', `Not applied: ${stuck.join('; ')}.`);
};

function list(root: string, conflicts: readonly Conflict[]): string {
  const shown = conflicts
    .slice(0, MOST_SHOWN)
    .map(({ path, reason }) => `${plainText(join(root, path))} (${reason})`);
  const more = conflicts.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
