import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { nearestName } from '../protocol/names.ts';
import { makeFolder } from '../store/folders.ts';
import { projectKey } from '../store/project-key.ts';
import { replaceFile } from '../store/replace-file.ts';
import { openFullText } from './full-text.ts';
import { type Note, type NoteWriter, openShelf, type Shelf } from './shelf.ts';

export type { Note, NoteWriter } from './shelf.ts';

export const SCOPES = ['user', 'project'] as const;
export type Scope = (typeof SCOPES)[number];

/** A note with its shelf: `user/style.md`. */
export type PlacedNote = Note & { scope: Scope; place: string };

/** From this part on who writes is asked to tidy. */
const TIDY_FROM = 0.8;

/** What is remembered for the user, and for one project. */
export interface Memory {
  /** The folder that the project is about; null when there is none. */
  readonly project: string | null;
  /** By name, the user's first. */
  list(): PlacedNote[];
  /** Throws MEMORY_UNKNOWN with the nearest, MEMORY_INVALID. */
  read(place: string): PlacedNote;
  /** As `Shelf.change`. */
  change(
    place: string,
    by: NoteWriter,
    change: (now: Note | undefined) => string | null,
  ): Promise<PlacedNote | undefined>;
  /** The notes that have all the words, best first. */
  search(query: string, limit?: number): (PlacedNote & { excerpt: string })[];
  /** Asks for room on the shelf of a note; undefined while there is enough. */
  tidy(place: string): string | undefined;
}

const root = (home: string): string => join(home, 'memory');

/** Opens what is remembered; `project` is the absolute path of a folder. */
export function openMemory(home: string, project: string | null): Memory {
  const shelves: Partial<Record<Scope, Shelf>> = {
    user: openShelf(join(root(home), 'user')),
    ...(project === null ? {} : { project: openShelf(projectFolder(home, project)) }),
  };

  const find = (place: string): { shelf: Shelf; scope: Scope; name: string } => {
    const [, scope, name = ''] = /^(user|project)\/(.+)$/.exec(place) ?? [];
    const shelf = shelves[scope as Scope];
    if (scope === undefined)
      throw new CoworkError('MEMORY_INVALID', `${JSON.stringify(place)} is no name of a note.`);
    if (shelf === undefined)
      throw new CoworkError('MEMORY_INVALID', 'There is no project here, so it has no memory.', {
        hint: 'Use user/NAME.md, or name a project.',
      });
    return { shelf, scope: scope as Scope, name };
  };

  const placed = (scope: Scope, note: Note): PlacedNote => ({
    ...note,
    scope,
    place: `${scope}/${note.name}`,
  });

  const list = (): PlacedNote[] =>
    SCOPES.flatMap((scope) => shelves[scope]?.list().map((note) => placed(scope, note)) ?? []);

  const read = (place: string): PlacedNote => {
    const { shelf, scope, name } = find(place);
    const note = shelf.read(name);
    if (note !== undefined) return placed(scope, note);
    const nearest = nearestName(
      place,
      list().map((other) => other.place),
    );
    throw new CoworkError('MEMORY_UNKNOWN', `There is no note ${place}.`, {
      ...(nearest === undefined ? {} : { hint: `Did you mean ${nearest}?` }),
    });
  };

  const change: Memory['change'] = async (place, by, decide) => {
    const { shelf, scope, name } = find(place);
    const note = await shelf.change(name, by, decide);
    if (scope === 'project' && project !== null) await nameProject(shelf.folder, project);
    return note === undefined ? undefined : placed(scope, note);
  };

  const search: Memory['search'] = (query, limit = 10) => {
    const notes = new Map(list().map((note) => [note.place, note]));
    using index = openFullText();
    const pages = [...notes.values()].map(({ place, title, text }) => ({
      ...{ id: place, stamp: '', parts: [title, place, text] },
    }));
    index.update(pages, []);
    return index.search(query, limit).flatMap(({ id, excerpt }) => {
      const note = notes.get(id);
      return note === undefined ? [] : [{ ...note, excerpt }];
    });
  };

  const tidy = (place: string): string | undefined => {
    const { shelf, scope } = find(place);
    const full = shelf.fullness();
    if (full < TIDY_FROM) return undefined;
    return `The notes of the ${scope} take ${Math.round(full * 100)} % of their room: join what belongs together, and delete what is no longer true.`;
  };

  return { project, list, read, change, search, tidy };
}

/**
 * The project of a folder: the nearest folder at or above it that has a `.cowork/`, or of which something is remembered;
 * null when there is none. The home of cowork is no such folder.
 */
export function findProject(home: string, from: string): string | null {
  for (let at = resolve(from); ; at = dirname(at)) {
    const own = join(at, '.cowork');
    if ((own !== resolve(home) && isFolder(own)) || isFolder(projectFolder(home, at))) return at;
    if (at === dirname(at)) return null;
  }
}

function projectFolder(home: string, path: string): string {
  return join(root(home), 'projects', projectKey(path));
}

/** Says beside the notes of a project which folder they are about. */
async function nameProject(folder: string, path: string): Promise<void> {
  const file = join(folder, 'project.json');
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  makeFolder(folder);
  await replaceFile(file, `${JSON.stringify({ v: 1, path })}\n`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
