import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { CoworkError } from '../../protocol/errors.ts';
import { listArtifacts } from '../../team/artifacts.ts';
import { findTeam } from '../../team/team.ts';
import type { App, Desk } from '../desk.ts';
import { shownType } from '../shown-types.ts';

/**
 * A page that an agent made: an origin of its own (`sandbox`), no script, no network, no form; styles of its own and pictures that
 * it brings along. It holds however the answer is opened, not only in our frame.
 */
const FRAME_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";

/** Artifacts as files: to keep, or with `?show` to look at. */
export function addArtifactRoutes(app: App, { home }: Desk): void {
  app.get('/api/teams/:team/artifacts/:id', (context) => {
    const { team, id } = context.req.param();
    const found = listArtifacts(findTeam(home, team)).find((artifact) => artifact.id === id);
    if (found === undefined) throw new CoworkError('ARTIFACT_UNKNOWN', `There is no artifact ${id}.`);
    const type = shownType(found.path);
    const isShown = context.req.query('show') !== undefined && type !== undefined;
    context.header('content-security-policy', FRAME_POLICY);
    if (isShown) context.header('x-frame-options', 'SAMEORIGIN');
    // Its name has letters, digits, dots, dashes and underscores only: `openUploads` saw to that.
    else context.header('content-disposition', `attachment; filename="${basename(found.path).slice(27)}"`);
    const bytes = Readable.toWeb(createReadStream(found.path)) as ReadableStream<Uint8Array>; // of a file, so of bytes
    return context.body(bytes, 200, { 'content-type': isShown ? type : 'application/octet-stream' });
  });
}
