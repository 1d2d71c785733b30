import { createHash } from 'node:crypto';
import { openMemory, type PlacedNote } from '../memory/memory.ts';
import { CoworkError } from '../protocol/errors.ts';
import { type ProjectFolder, readProjectFolder } from '../team/project-folder.ts';
import { changeProjectRecord, readProjectRecord } from '../team/project-record.ts';
import { viewerName } from './viewer-name.ts';

/** What a project brings, and what of that waits for the person's consent: one consent is to all of it. */
export interface Consent {
  path: string;
  /** Settings and instructions; undefined when there are none. */
  brings: ProjectFolder | undefined;
  /** Why settings and instructions can't be used, as they are. */
  fault: CoworkError | undefined;
  /** Whether settings and instructions were agreed to as they are. */
  isAgreed: boolean;
  /** Notes that agents don't see. */
  notes: PlacedNote[];
  /** Of all that would be agreed to: settings, instructions, and these notes. */
  checksum: string;
}

/** Looks at what a project brings, as it is now. */
export function readConsent(home: string, path: string): Consent {
  let brings: ProjectFolder | undefined;
  let fault: CoworkError | undefined;
  try {
    brings = readProjectFolder(home, path);
  } catch (error) {
    if (!(error instanceof CoworkError)) throw error;
    fault = error;
  }
  const isAgreed = brings !== undefined && readProjectRecord(home, path).agreed?.checksum === brings.checksum;
  const notes = openMemory(home, path, 'people').waiting();
  return { path, brings, fault, isAgreed, notes, checksum: checksumOf(brings, notes) };
}

/** Of settings and instructions alone while no note waits. */
function checksumOf(brings: ProjectFolder | undefined, notes: readonly PlacedNote[]): string {
  if (notes.length === 0) return brings?.checksum ?? '';
  const all = [brings?.checksum ?? '', ...notes.map(({ name, revision }) => [name, revision])];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32);
}

/**
 * Writes down that the person agrees to what they were shown. What was changed since, and notes that can't be kept, are left out: it gives why, one line
 * each.
 */
export async function agreeTo(home: string, { path, brings, notes }: Consent): Promise<string[]> {
  if (brings !== undefined) {
    const agreed = { checksum: brings.checksum, at: new Date().toISOString(), who: viewerName() };
    await changeProjectRecord(home, path, (record) => ({ ...record, agreed }));
  }
  return agreeToNotes(home, path, notes);
}

/** Agrees to notes as they were shown; gives why some were left out, one line each. */
export async function agreeToNotes(
  home: string,
  project: string,
  notes: readonly PlacedNote[],
): Promise<string[]> {
  const memory = openMemory(home, project, 'people');
  const left: string[] = [];
  for (const { place, revision } of notes) {
    try {
      await memory.agree(place, revision);
    } catch (error) {
      if (!(error instanceof CoworkError)) throw error;
      left.push(`Not agreed to: ${place}: ${error.message}`);
    }
  }
  return left;
}
