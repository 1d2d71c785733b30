import { chmodSync, closeSync, constants, fstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { stateFrom, stateOf } from '../changes/state.ts';
import type { Grant } from '../grant.ts';
import { O_PATH } from '../host.ts';
import type { Mount, Tree } from '../tree.ts';
import { Markers } from './markers.ts';
import { ReviewOverlay } from './overlay.ts';
import { draftsFolder, filesFolder } from './raise.ts';

const PERMISSIONS = 0o1777n;

/**
 * Puts a staging folder over a granted folder (`root`, held): the mount, and its staged top folder (O_PATH). Throws what the
 * file system says when the staging folder can't be made.
 */
export function openReview(tree: Tree, grant: Grant, root: number): { mount: Mount; fd: number } {
  const { staging } = grant;
  if (staging === undefined) throw new Error('a grant under review has no staging folder');
  const [files, drafts] = [filesFolder(staging.folder), draftsFolder(staging.folder)];
  const isNew = mkdirSync(files, { recursive: true, mode: 0o700 }) !== undefined;
  rmSync(drafts, { recursive: true, force: true }); // what a keeper was making when it was killed
  mkdirSync(drafts, { mode: 0o700 });
  const fd = openSync(files, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (isNew) {
      const stats = fstatSync(root, { bigint: true });
      chmodSync(files, Number(stats.mode & PERMISSIONS));
      new Markers(staging).write('', { type: 'based', was: stateFrom(stats) });
    }
    const overlay = new ReviewOverlay(tree, staging);
    const policy = {
      before: () => undefined, // everything may be changed here
      opened: (_: number, file: number) => overlay.opened(stateOf(file)),
      closed: (_: number, file: number) => overlay.closed(stateOf(file)),
    };
    return { fd, mount: { grant, policy, root, overlay } };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
