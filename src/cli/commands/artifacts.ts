import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CoworkError } from '../../protocol/errors.ts';
import { type Artifact, listArtifacts } from '../../team/artifacts.ts';
import { findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { brief, table } from '../print.ts';

/** What a desktop opens to be read: no pages, drawings, programs and starters, which would run on this machine, past the gate. */
const OPENED =
  /\.(?:txt|md|markdown|csv|tsv|json|jsonl|log|diff|patch|png|jpe?g|gif|webp|pdf|xlsx|docx|pptx|ods|odt|odp)$/i;

export const run: CommandModule['run'] = async (
  { team, action, id, json },
  { env, home, stdout, stderr },
) => {
  const all = listArtifacts(findTeam(home, team));
  if (action === undefined || action === 'list') {
    stdout.write(json ? `${JSON.stringify(all)}\n` : render(all));
    return;
  }
  if (action !== 'open' || typeof id !== 'string') {
    throw new CoworkError(
      'USAGE',
      action === 'open'
        ? 'cowork artifacts open needs the id of an artifact.'
        : `cowork artifacts can't ${action}.`,
      {
        hint: 'cowork artifacts [list], or cowork artifacts open ID',
      },
    );
  }
  const found = all.find((artifact) => artifact.id === id);
  if (found === undefined) throw new CoworkError('ARTIFACT_UNKNOWN', `There is no artifact ${id}.`);
  if (!existsSync(found.path))
    throw new CoworkError('ARTIFACT_UNKNOWN', `The copy of artifact ${id} is gone: ${found.path}`);
  stdout.write(json ? `${JSON.stringify(found)}\n` : `${found.path}\n`);
  // A desktop shows it; elsewhere its path is what can be used.
  const hasDesktop = env.DISPLAY !== undefined || env.WAYLAND_DISPLAY !== undefined;
  if (!stdout.isTTY || !hasDesktop || json === true) return;
  if (!OPENED.test(found.path)) {
    stderr.write(
      'It is not opened by itself: what opens such a file may run what is in it. `cowork web` shows pages so that they can do nothing.\n',
    );
    return;
  }
  const viewer = spawn('xdg-open', [found.path], { env, stdio: 'ignore', detached: true });
  viewer.on('error', () => {}); // no program for it: the path was printed
  viewer.unref();
};

function render(all: readonly Artifact[]): string {
  if (all.length === 0) return 'Nothing was presented yet.\n';
  const rows = all.map(({ id, title, version, kind, maker, bytes, created }) => [
    ...[id, created.slice(0, 16).replace('T', ' '), brief(maker, 20), brief(kind, 12), String(bytes)],
    brief(version === 1 ? title : `${title} (version ${version})`, 80),
  ]);
  return table(['ID', 'PRESENTED (UTC)', 'BY', 'KIND', 'BYTES', 'TITLE'], rows);
}
