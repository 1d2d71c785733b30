import { join } from 'node:path';
import { type GrantChanges, openChanges } from '../../files/changes/open-changes.ts';
import type { Finding } from '../../files/changes/survey.ts';
import { undo } from '../../files/changes/undo.ts';
import { readable } from '../../files/host.ts';
import { discard, whyNotDiscarded } from '../../files/review/discard.ts';
import { openStaged, type StagedVersion } from '../../files/review/open-staged.ts';
import { isShown } from '../../files/review/staged.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { loadIds } from '../../store/ids.ts';
import { checkpointsFolder } from '../../team/paths.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';
import { placesOf } from '../grant-paths.ts';

const MOST_SHOWN = 20;

export const run: CommandModule['run'] = async (args, { home, stdout }) => {
  const dir = findTeam(home, args.team);
  const team = readTeam(dir);
  const agent = typeof args.agent === 'string' ? findAgent(team, args.agent).name : undefined;
  const undone: { grant: string; path: string; change: Finding['change']; agent?: string }[] = [];
  const ids = await loadIds();
  for (const { grant, path } of placesOf(team, args.path)) {
    const opened = await openChanges(checkpointsFolder(dir), grant);
    if ('reason' in opened)
      throw new CoworkError('GRANT_INVALID', `${grant.name} can't be put back: ${opened.reason}.`);
    using changes = opened;
    using staged = await stagedOf(changes, agent, path);
    const outcome = await undo({ ...changes, agent, path, force: args.force === true });
    if ('conflicts' in outcome) {
      const shown = outcome.conflicts
        .slice(0, MOST_SHOWN)
        .map((each) => `${join(grant.path, each.path)} (${each.reason})`);
      const more = outcome.conflicts.length - shown.length;
      const what = `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
      throw new CoworkError('CHANGES_CONFLICT', `In ${grant.name} this is not only the team's: ${what}.`);
    }
    for (const version of staged.versions) {
      for (const { change, path: at } of discard(version, { ...changes, ids, path }).filter(isShown)) {
        const place = { grant: grant.name, path: join(grant.path, readable(at)) };
        undone.push({ ...place, change, agent: version.agent });
      }
    }
    for (const finding of outcome.undone) {
      const isTimeOnly = finding.change === 'attributes' && finding.was?.mode === finding.is?.mode;
      if (!isTimeOnly)
        undone.push({
          grant: grant.name,
          path: join(grant.path, readable(finding.path)),
          change: finding.change,
        });
    }
  }
  if (args.json) stdout.write(`${JSON.stringify(undone)}\n`);
  else if (undone.length === 0) stdout.write('There is nothing to put back.\n');
  else {
    for (const { path, change, agent: of } of undone) {
      const done = change === 'created' ? 'removed again' : 'put back';
      const what = of === undefined ? done : `was not applied, taken back from ${of}`;
      stdout.write(`${change}, ${what}: ${plainText(path)}\n`);
    }
    stdout.write(`What stood there before is kept in ${join(checkpointsFolder(dir), 'user')}.\n`);
  }
};

/** What agents have done in a grant under review and nobody has applied. */
async function stagedOf(
  { checkpoints, grant, root }: GrantChanges,
  agent: string | undefined,
  path: string,
): Promise<Disposable & { versions: StagedVersion[] }> {
  const versions = await openStaged(checkpoints, grant, root, agent);
  const end = () => {
    for (const version of versions) version[Symbol.dispose]();
  };
  for (const version of versions) {
    const reason = whyNotDiscarded(version, path);
    if (reason === undefined || version.changes(path).length === 0) continue;
    end();
    throw new CoworkError('CHANGES_CONFLICT', `This can't be taken back by itself: ${reason}.`);
  }
  return { versions, [Symbol.dispose]: end };
}
