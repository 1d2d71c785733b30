import { createHash, randomBytes } from 'node:crypto';
import { appendFile, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { ensureFolder, FILE_MODE, syncFile, syncFolder } from '../store/folders.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { RECORD_VERSION, type RecordHead } from '../store/record.ts';

/** Something that an agent shows to the user, kept with the team. */
export interface Artifact {
  /** `r` and its number in the team, from 1. */
  id: string;
  title: string;
  kind: string;
  maker: string;
  /** From 1, for the same title. */
  version: number;
  /** Absolute path of the copy. */
  path: string;
  bytes: number;
  sha256: string;
  created: string;
}

interface ArtifactRecord extends RecordHead {
  type: 'presented';
  title: string;
  kind: string;
  file: string;
  bytes: number;
  sha256: string;
}

/** Largest artifact, in bytes. */
export const ARTIFACT_MAX = 64 * 1024 * 1024;

const folder = (dir: string): string => join(dir, 'artifacts');
const journalFile = (dir: string): string => join(folder(dir), 'artifacts.jsonl');

/** Takes in what an agent presents, piece by piece. */
export interface Uploads {
  /** Adds a piece to a draft; without `of`, begins one. Returns its name. Throws REQUEST_INVALID, REQUEST_TOO_LARGE. */
  add(piece: Buffer, of: string | undefined): Promise<string>;
  /** Makes a draft an artifact. */
  finish(draft: string, as: { name: string; title: string; kind: string }): Promise<Artifact>;
}

/** Opens the way in for one life of an agent; drafts of lives that were killed stay until the team is removed. */
export function openUploads(dir: string, maker: string, incarnation: number): Uploads {
  const drafts = new Map<string, { file: string; bytes: number }>();
  const find = (name: string) => {
    const draft = drafts.get(name);
    if (draft === undefined) throw new CoworkError('REQUEST_INVALID', 'There is no such upload.');
    return draft;
  };
  return {
    add: async (piece, of) => {
      const name = of ?? randomBytes(8).toString('hex');
      if (of === undefined) {
        ensureFolder(folder(dir));
        drafts.set(name, { file: join(folder(dir), `.${name}.tmp`), bytes: 0 });
      }
      const draft = find(name);
      draft.bytes += piece.length;
      if (draft.bytes > ARTIFACT_MAX) {
        drafts.delete(name);
        await rm(draft.file, { force: true });
        throw new CoworkError('REQUEST_TOO_LARGE', `An artifact has at most ${ARTIFACT_MAX} bytes.`);
      }
      await appendFile(draft.file, piece, { mode: FILE_MODE });
      return name;
    },
    finish: async (name, { name: given, title, kind }) => {
      const draft = find(name);
      drafts.delete(name);
      const sha256 = createHash('sha256')
        .update(await readFile(draft.file))
        .digest('hex');
      const { size } = await stat(draft.file);
      const ids = await loadIds();
      const id = ids();
      const plain =
        basename(given)
          .replaceAll(/[^\w.-]/g, '_')
          .replace(/^\.+/, '')
          .slice(-80) || 'artifact';
      const file = `${id}-${plain}`;
      // On the disk before it is on the list.
      await syncFile(draft.file);
      await rename(draft.file, join(folder(dir), file));
      syncFolder(folder(dir));
      const head = { v: RECORD_VERSION, id, by: maker, incarnation, at: new Date().toISOString() } as const;
      const record: ArtifactRecord = { ...head, type: 'presented', title, kind, file, bytes: size, sha256 };
      await openJournal(journalFile(dir)).append(record);
      const made = listArtifacts(dir).find(({ path }) => path.endsWith(file));
      if (made === undefined) throw new CoworkError('INTERNAL', 'An artifact is not on the list.');
      return made;
    },
  };
}

/** What was presented, the oldest first. */
export function listArtifacts(dir: string): Artifact[] {
  const reader = openJournalReader(journalFile(dir), (record) => ({
    record: record as unknown as ArtifactRecord, // every record with a valid head was written by `finish`
  }));
  const versions = new Map<string, number>();
  return reader.read().records.map(({ title, kind, file, bytes, sha256, by, at }, index) => {
    const version = (versions.get(title) ?? 0) + 1;
    versions.set(title, version);
    const path = join(folder(dir), basename(file));
    return { id: `r${index + 1}`, title, kind, maker: by, version, path, bytes, sha256, created: at };
  });
}
