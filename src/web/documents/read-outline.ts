import { unpackParts } from '../workbook/unpack.ts';
import type { Outline } from './outline.ts';
import { deckOf } from './read-deck.ts';
import { textOf } from './read-text.ts';

const WANTED = {
  text: /^word\/(?:document|styles)\.xml$/,
  deck: /^ppt\/(?:presentation\.xml|_rels\/presentation\.xml\.rels|slides\/(?:_rels\/)?[^/]+\.(?:xml|rels)|notesSlides\/[^/]+\.xml)$/,
};

/** Reads a text document or a deck of anybody (ECMA-376): words only; no macro, link, picture or font of it is looked at. */
export async function readOutline(file: string, kind: Outline['kind']): Promise<Outline> {
  try {
    const parts = await unpackParts(file, (name) => WANTED[kind].test(name));
    return kind === 'text' ? textOf(parts) : deckOf(parts);
  } catch (error) {
    return refused(kind, error instanceof Error ? error.message : String(error));
  }
}

/** An outline of what is none. */
export const refused = (kind: Outline['kind'], reason: string): Outline => ({
  kind,
  parts: [],
  isCut: false,
  reason,
});
