import { createDeletionGuard, type DeletionGuard } from '../files/changes/deletion-guard.ts';
import { recordedPolicy } from '../files/changes/recorded-policy.ts';
import { createRecorder } from '../files/changes/recorder.ts';
import type { FileEvent, Grant } from '../files/grant.ts';
import { stagingFolder } from '../files/review/open-staged.ts';
import { createFileServer, type FileServer } from '../files/server.ts';
import { loadIds } from '../store/ids.ts';
import { checkpointsFolder } from '../team/paths.ts';
import type { ServedGrant } from './grant-paths.ts';

/** The granted folders of one agent, as its machine is served them. */
export interface GrantFiles {
  server: FileServer;
  guard: DeletionGuard;
  /** Shows folders that were granted since; returns what can't be shown, and why. */
  show(grants: readonly ServedGrant[]): FileServer['failed'];
}

/** What a stop at a burst of deletions says. */
export interface DeletionStop {
  grant: string;
  deleted: number;
  /** The limit that was reached, in words. */
  limit: string;
}

/** Serves an agent's grants with first versions kept and deletions watched. Close `server` at the end. */
export async function serveGrants(of: {
  dir: string;
  agent: string;
  incarnation: number;
  memory: string;
  grants: readonly ServedGrant[];
  plugins: readonly Grant[];
  onStop: (stop: DeletionStop) => void;
  log: (event: FileEvent) => void;
}): Promise<GrantFiles> {
  const { agent, incarnation, log } = of;
  const ids = await loadIds();
  const checkpoints = checkpointsFolder(of.dir);
  const recorder = createRecorder({ checkpoints, writer: agent, incarnation, ids, log });
  const guard = createDeletionGuard({
    writer: agent,
    onStop: ({ name }, deleted, limit) => of.onStop({ grant: name, deleted, limit }),
  });
  const toGrant = ({ name, path, mode }: ServedGrant): Grant => ({
    ...{ name, root: path, mode },
    staging: { folder: stagingFolder(checkpoints, agent, name), writer: agent, incarnation, ids },
  });
  const server = createFileServer({
    memory: of.memory,
    grants: of.grants.map(toGrant),
    plugins: of.plugins,
    policy: (grant) => recordedPolicy(grant, recorder, guard),
    log,
  });
  const shown = new Set(of.grants.map(({ name }) => name));
  return {
    server,
    guard,
    show: (grants) => {
      for (const grant of grants) {
        if (shown.has(grant.name)) continue;
        shown.add(grant.name);
        server.addGrant(toGrant(grant));
      }
      return server.failed;
    },
  };
}
