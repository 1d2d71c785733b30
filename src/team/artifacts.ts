import { basename, join } from 'node:path';
import { openJournalReader } from '../store/journal-reader.ts';
import type { RecordHead } from '../store/record.ts';

/** Something that an agent shows to the user, kept with the team. */
export interface Artifact {
  /** `r` and its number in the team, from 1. */
  id: string;
  title: string;
  kind: string;
  maker: string;
  /** From 1, for the same title. */
  version: number;
  /** What its maker called the file, made harmless: to download it under. */
  name: string;
  /** Absolute path of the copy. */
  path: string;
  bytes: number;
  sha256: string;
  created: string;
}

export interface ArtifactRecord extends RecordHead {
  type: 'presented';
  title: string;
  kind: string;
  file: string;
  /** Not in records of before it was kept. */
  name?: string;
  bytes: number;
  sha256: string;
}

/** Of a ULID, which the name of a copy begins with. */
const ID_LENGTH = 26;

export const artifactsFolder = (dir: string): string => join(dir, 'artifacts');
export const artifactsJournal = (dir: string): string => join(artifactsFolder(dir), 'artifacts.jsonl');

/** What was presented, the oldest first. */
export function listArtifacts(dir: string): Artifact[] {
  const reader = openJournalReader(artifactsJournal(dir), (record) => ({
    record: record as unknown as ArtifactRecord, // every record with a valid head was written by `finish`
  }));
  const versions = new Map<string, number>();
  return reader.read().records.map((record, index) => {
    const { title, kind, file, bytes, sha256, by, at } = record;
    const version = (versions.get(title) ?? 0) + 1;
    versions.set(title, version);
    const path = join(artifactsFolder(dir), basename(file));
    const name = record.name ?? basename(file).slice(ID_LENGTH + 1);
    return { id: `r${index + 1}`, title, kind, maker: by, version, name, path, bytes, sha256, created: at };
  });
}
