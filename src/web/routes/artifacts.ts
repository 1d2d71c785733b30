import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatPatch, structuredPatch } from 'diff';
import { CoworkError } from '../../protocol/errors.ts';
import { collectReport } from '../../supervisor/report/collect.ts';
import { renderReport } from '../../supervisor/report/render.ts';
import { type Artifact, listArtifacts } from '../../team/artifacts.ts';
import { findTeam } from '../../team/team.ts';
import type { App, Desk } from '../desk.ts';
import { readOutline, refused } from '../documents/read-outline.ts';
import { readQuery } from '../read-body.ts';
import { ArtifactAsked, ReportAsked } from '../requests.ts';
import { lookOf, shownType } from '../shown-types.ts';
import { readWorkbook } from '../workbook/read.ts';
import { FRAME_POLICY, sendArtifact } from './artifact-file.ts';

/** Largest texts that are compared, in bytes, and how long that may take, in milliseconds. */
const COMPARED_MAX = 1024 * 1024;
const COMPARE_MS = 3_000;

/** Artifacts as files: to keep, with `?show` to look at; two versions compared; and the report of a team. */
export function addArtifactRoutes(app: App, { home }: Desk): void {
  const find = (team: string, id: string): Artifact => {
    const found = listArtifacts(findTeam(home, team)).find((artifact) => artifact.id === id);
    if (found === undefined) throw new CoworkError('ARTIFACT_UNKNOWN', `There is no artifact ${id}.`);
    return found;
  };

  app.get('/api/teams/:team/artifacts/:id', (context) => {
    const artifact = find(context.req.param('team'), context.req.param('id'));
    return sendArtifact(context, artifact, readQuery(context, ArtifactAsked).show !== undefined);
  });
  app.get('/api/teams/:team/artifacts/:id/sheets', async (context) => {
    const { team, id } = context.req.param();
    const { path } = find(team, id);
    if (lookOf(path) === 'workbook') return context.json(await readWorkbook(path));
    return context.json({ sheets: [], reason: 'it is no xlsx' });
  });
  app.get('/api/teams/:team/artifacts/:id/outline', async (context) => {
    const { team, id } = context.req.param();
    const { path } = find(team, id);
    const look = lookOf(path);
    if (look === 'document') return context.json(await readOutline(path, 'text'));
    if (look === 'deck') return context.json(await readOutline(path, 'deck'));
    return context.json(refused('text', 'it is no docx and no pptx'));
  });
  app.get('/api/teams/:team/artifacts/:id/since/:other', async (context) => {
    const { team, id, other } = context.req.param();
    return context.json(await compare(find(team, other), find(team, id)));
  });
  app.get('/api/teams/:team/report', async (context) => {
    const dir = findTeam(home, context.req.param('team'));
    context.header('content-security-policy', FRAME_POLICY);
    if (readQuery(context, ReportAsked).keep !== undefined)
      context.header('content-disposition', `attachment; filename="${basename(dir)}-report.html"`);
    return context.html(renderReport(await collectReport(dir)));
  });
}

/** Lines of a unified diff, or null where there is none: no texts, or too large. */
async function compare(before: Artifact, after: Artifact): Promise<{ lines: string[] | null }> {
  const isText = [before, after].every(
    ({ path, bytes }) =>
      shownType(path)?.startsWith('text/') === true && lookOf(path) !== undefined && bytes <= COMPARED_MAX,
  );
  if (!isText) return { lines: null };
  const [old, now] = await Promise.all([before, after].map(({ path }) => readFile(path, 'utf8')));
  const patch = structuredPatch(before.id, after.id, old ?? '', now ?? '', '', '', { timeout: COMPARE_MS });
  // Without the two lines that name the files.
  return { lines: patch === undefined ? null : formatPatch(patch).split('\n').slice(3) };
}
