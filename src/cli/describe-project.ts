import type { PlacedNote } from '../memory/memory.ts';
import type { ProjectFolder } from '../team/project-folder.ts';
import { plainText } from '../text/plain.ts';
import type { Consent } from './project-consent.ts';

/** Notes are shown whole up to so many bytes together; of more only what they are called. */
const SHOWN_BYTES = 8 * 1024;

/** All that consent is to, for people: written by whoever made the project. */
export function describeConsent({ brings, notes, checksum }: Consent): string {
  const lines = [
    ...(brings === undefined ? [] : describeFolder(brings)),
    ...describeNotes(notes),
    ...(checksum === '' ? [] : [`checksum ${checksum}`]),
  ];
  return lines.map((line) => `  ${plainText(line)}\n`).join('');
}

function describeFolder({ settings, instructions, grants, missing }: ProjectFolder): string[] {
  const { grants: _, ...rest } = settings;
  return [
    ...grants.map(({ path, mode }) => `folder ${path} (${mode})`),
    ...missing.map(({ given, why }) => `folder ${given}, which can't be granted now: ${why}`),
    ...Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`),
    ...(instructions === '' ? [] : ['instructions for all agents:', ...indented(instructions)]),
  ];
}

function describeNotes(notes: readonly PlacedNote[]): string[] {
  const isShort = notes.reduce((sum, { bytes }) => sum + bytes, 0) <= SHOWN_BYTES;
  return notes.flatMap(({ place, problem, title, bytes, text }) => {
    if (problem !== null) return [`no note: ${place}: ${problem}`];
    if (isShort) return [`note ${place}:`, ...indented(text.trimEnd())];
    return [`note ${place}, ${bytes} bytes: ${title} (read it: cowork memory show ${place})`];
  });
}

const indented = (text: string): string[] => text.split('\n').map((line) => `  ${line}`);
