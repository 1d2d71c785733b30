import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { appendFile, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { ensureFolder, errorCode, FILE_MODE, syncFile, syncFolder } from '../store/folders.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { RECORD_VERSION } from '../store/record.ts';
import { plainText } from '../text/plain.ts';
import { harmlessName, plainFile, shownTitle } from './artifact-names.ts';
import {
  type Artifact,
  type ArtifactRecord,
  artifactsFolder,
  artifactsJournal,
  listArtifacts,
} from './artifacts.ts';

/** Largest artifact, in bytes. */
export const ARTIFACT_MAX = 64 * 1024 * 1024;
/** What all artifacts of a team may have, in bytes, and how many there may be: an agent that presents in a loop must not fill the disk. */
const ALL_MAX = 4 * 1024 ** 3;
const COUNT_MAX = 2_000;
/** Drafts of one agent at a time; what was given up on in the middle is known by nothing else. */
const DRAFTS_MAX = 16;

/** Takes in what an agent presents, piece by piece. */
export interface Uploads {
  /** Adds a piece to a draft; without `of`, begins one. Returns its name. Throws REQUEST_INVALID, REQUEST_TOO_LARGE. */
  add(piece: Buffer, of: string | undefined): Promise<string>;
  /** Makes a draft an artifact. */
  finish(draft: string, as: { name: string; title: string; kind: string }): Promise<Artifact>;
}

/** Opens the way in for one life of an agent, and clears away what earlier ones left unfinished. */
export function openUploads(dir: string, maker: string, incarnation: number): Uploads {
  clearDrafts(dir, maker);
  const drafts = new Map<string, { file: string; bytes: number }>();
  const find = (name: string) => {
    const draft = drafts.get(name);
    if (draft === undefined) throw new CoworkError('REQUEST_INVALID', 'There is no such upload.');
    return draft;
  };
  const drop = async (name: string): Promise<void> => {
    const draft = drafts.get(name);
    drafts.delete(name);
    if (draft !== undefined) await rm(draft.file, { force: true });
  };
  return {
    add: async (piece, of) => {
      const name = of ?? randomBytes(8).toString('hex');
      if (of === undefined) {
        ensureFolder(artifactsFolder(dir));
        const [oldest] = drafts.keys();
        if (drafts.size >= DRAFTS_MAX && oldest !== undefined) await drop(oldest);
        drafts.set(name, { file: join(artifactsFolder(dir), `${draftPrefix(maker)}${name}.tmp`), bytes: 0 });
      }
      const draft = find(name);
      // The one that was added to last goes last.
      drafts.delete(name);
      drafts.set(name, draft);
      draft.bytes += piece.length;
      try {
        if (draft.bytes > ARTIFACT_MAX)
          throw new CoworkError('REQUEST_TOO_LARGE', `An artifact has at most ${ARTIFACT_MAX} bytes.`);
        await appendFile(draft.file, piece, { mode: FILE_MODE });
      } catch (error) {
        await drop(name); // half of a file is of no use, and takes room that is needed
        throw error;
      }
      return name;
    },
    finish: async (draft, { name: given, title, kind }) => {
      const { file: drafted } = find(draft);
      try {
        return await take({ dir, maker, incarnation, drafted, given, title, kind });
      } finally {
        await drop(draft);
      }
    },
  };
}

/** Makes a draft an artifact; what is there already under this title, byte for byte, is that artifact and no version more. */
async function take({
  dir,
  maker,
  incarnation,
  drafted,
  given,
  ...said
}: {
  dir: string;
  maker: string;
  incarnation: number;
  drafted: string;
  given: string;
  title: string;
  kind: string;
}): Promise<Artifact> {
  const title = shownTitle(said.title);
  const kind = plainText(said.kind).slice(0, 40);
  const sha256 = createHash('sha256')
    .update(await readFile(drafted))
    .digest('hex');
  const { size } = await stat(drafted);
  const all = listArtifacts(dir);
  const latest = all.findLast((artifact) => artifact.title === title);
  if (latest !== undefined && latest.sha256 === sha256 && latest.maker === maker) return latest;
  if (all.length >= COUNT_MAX || all.reduce((sum, { bytes }) => sum + bytes, size) > ALL_MAX)
    throw new CoworkError(
      'REQUEST_TOO_LARGE',
      `The artifacts of a team are at most ${COUNT_MAX}, with ${ALL_MAX / 1024 ** 3} GiB in all.`,
      { hint: 'Leave further results in a granted folder, and say where.' },
    );
  const ids = await loadIds();
  const id = ids();
  const name = harmlessName(given);
  const file = `${id}-${plainFile(given)}`;
  // On the disk before it is on the list.
  await syncFile(drafted);
  await rename(drafted, join(artifactsFolder(dir), file));
  syncFolder(artifactsFolder(dir));
  const head = { v: RECORD_VERSION, id, by: maker, incarnation, at: new Date().toISOString() } as const;
  const record: ArtifactRecord = { ...head, type: 'presented', title, kind, file, name, bytes: size, sha256 };
  await openJournal(artifactsJournal(dir)).append(record);
  const made = listArtifacts(dir).find(({ path }) => path.endsWith(file));
  if (made === undefined) throw new CoworkError('INTERNAL', 'An artifact is not on the list.');
  return made;
}

// No name of an agent has a dot.
const draftPrefix = (maker: string): string => `.${maker}.`;

function clearDrafts(dir: string, maker: string): void {
  let names: string[];
  try {
    names = readdirSync(artifactsFolder(dir));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return; // nobody has presented anything yet
    throw error;
  }
  for (const name of names)
    if (name.startsWith(draftPrefix(maker)) && name.endsWith('.tmp'))
      rmSync(join(artifactsFolder(dir), name), { force: true });
}
