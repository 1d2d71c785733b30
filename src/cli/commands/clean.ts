import { CoworkError } from '../../protocol/errors.ts';
import { imagesFolder, teamFolder, templatesFolder } from '../../team/paths.ts';
import { type Goes, removeFiles, whatGoes } from '../../team/retention.ts';
import { listTeams } from '../../team/team.ts';
import { listTeamFiles, sumSizes } from '../../team/team-sizes.ts';
import { removeImages, type UnusedImage, unusedImages } from '../../vm/image/unused.ts';
import type { CommandArguments, CommandModule } from '../command.ts';
import { renderSizes, type Sizes, size } from '../render-sizes.ts';

interface TeamSize {
  team: string;
  bytes: number;
  sizes: Sizes;
}

export const run: CommandModule['run'] = async (args, { home, env, stdout }) => {
  const rule = readRule(args);
  const isAsked = rule.days !== undefined || rule.megabytes !== undefined;
  const found = isAsked ? whatGoes(home, rule) : [];
  const removed = isAsked && args.yes === true;
  const goes = removed ? removeFiles(home, found) : found;
  const images = unusedImagesOf(home, env, rule.days);
  if (removed) removeImages(templatesFolder(imagesFolder(home, env)), images);
  const teams = listTeams(home).map((team): TeamSize => {
    const sizes = sumSizes(listTeamFiles(teamFolder(home, team)));
    return { team, bytes: Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0), sizes };
  });
  stdout.write(
    args.json
      ? `${JSON.stringify({ teams, goes: goes.map(withTime), images: images.map(describe), removed })}\n`
      : isAsked
        ? renderGoes(goes, images, removed)
        : renderTeams(teams),
  );
};

function readRule({ olderThan, over, transcripts }: CommandArguments) {
  const amount = (flag: string, value: unknown): number | undefined => {
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= 0) return value;
    throw new CoworkError('USAGE', `${flag} takes a number from 0.`);
  };
  const days = amount('--older-than', olderThan);
  if (transcripts === true && days === undefined)
    throw new CoworkError('USAGE', '--transcripts needs --older-than.', {
      hint: 'Transcripts go by their age only.',
    });
  return { days, megabytes: amount('--over', over), withTranscripts: transcripts === true };
}

function renderTeams(teams: readonly TeamSize[]): string {
  if (teams.length === 0) return 'There is no team yet.\n';
  const lines = teams
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ team, sizes }) => `${team}  ${renderSizes(sizes)}\n`);
  const total = teams.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${lines.join('')}All teams: ${size(total)}. Of guest images and templates: cowork image list\n`;
}

/** Images go by age only: what is large and used is no housekeeping. */
function unusedImagesOf(home: string, env: NodeJS.ProcessEnv, days: number | undefined): UnusedImage[] {
  if (days === undefined) return [];
  const images = imagesFolder(home, env);
  return unusedImages({ images, templates: templatesFolder(images), days });
}

const withTime = (file: Goes) => ({ ...file, written: new Date(file.written).toISOString() });

function describe({ image, used }: UnusedImage) {
  const { name, bytes } = image.manifest;
  return { name, key: image.key, directory: image.directory, bytes, used: used.toISOString() };
}

function renderGoes(goes: readonly Goes[], images: readonly UnusedImage[], removed: boolean): string {
  if (goes.length + images.length === 0) return 'There is nothing to remove.\n';
  const lines = goes.map(
    ({ team, path, bytes, written }) =>
      `${team}  ${path}  ${size(bytes)}  ${new Date(written).toISOString().slice(0, 10)}\n`,
  );
  for (const { name, key, bytes, used } of images.map(describe))
    lines.push(`image ${name}  ${key}  ${size(bytes)}  ${used.slice(0, 10)}\n`);
  const total = size([...goes, ...images.map(describe)].reduce((sum, { bytes }) => sum + bytes, 0));
  const end = removed ? `Removed: ${total}.\n` : `That would be ${total}. Remove it with --yes.\n`;
  return lines.join('') + end;
}
