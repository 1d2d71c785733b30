import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../store/folders.ts';
import { loadIds } from '../../store/ids.ts';
import { O_PATH } from '../host.ts';
import { type Marker, Markers } from './markers.ts';
import { filesFolder } from './raise.ts';
import { type StagedChange, surveyStaged } from './staged.ts';

/** Where an agent's version of a grant is kept below `checkpoints/`; no agent's name has this form. */
export const stagingFolder = (checkpoints: string, agent: string, grant: string): string =>
  join(stagingRoot(checkpoints), agent, grant);

const stagingRoot = (checkpoints: string): string => join(checkpoints, '_staged');

/** One agent's version of a grant, held; closed with `Symbol.dispose`. */
export interface StagedVersion extends Disposable {
  agent: string;
  grant: string;
  /** The top of its files, held by a descriptor. */
  files: number;
  /** What the journal says, up to now. */
  markers(): Marker;
  /** Writes down what the user does with it. */
  write: Markers['write'];
  changes(path?: string): StagedChange[];
}

/** Opens the versions that agents have of a grant (`root`, held), in the order of their names. */
export async function openStaged(
  checkpoints: string,
  grant: string,
  root: number,
  agent?: string,
): Promise<StagedVersion[]> {
  const ids = await loadIds();
  const versions: StagedVersion[] = [];
  for (const name of agentsWithStaging(checkpoints)) {
    if (agent !== undefined && name !== agent) continue;
    const folder = stagingFolder(checkpoints, name, grant);
    const files = openFolder(filesFolder(folder));
    if (files === undefined) continue;
    const markers = new Markers({ folder, writer: 'user', incarnation: 0, ids });
    versions.push({
      ...{ agent: name, grant, files, markers: () => markers.read() },
      write: (path, body) => markers.write(path, body),
      changes: (path) => surveyStaged({ root, files, markers: markers.read(), path }),
      [Symbol.dispose]: () => closeSync(files),
    });
  }
  return versions;
}

function agentsWithStaging(checkpoints: string): string[] {
  try {
    return readdirSync(stagingRoot(checkpoints)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function openFolder(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
