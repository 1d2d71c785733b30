import { CoworkError } from '../protocol/errors.ts';
import type { MemoryInput } from '../protocol/tools.ts';
import type { Memory, NoteWriter, PlacedNote } from './memory.ts';

/** Where agents see the notes. */
const ROOT = '/memories';
const EXCERPTS = 10;

/** Does what an agent asks of its memory, in the words of the API's memory tool and one more, `search`. */
export function createMemoryTool(
  memory: Memory,
  by: NoteWriter,
): (input: MemoryInput) => Promise<Record<string, unknown>> {
  /** The revision of each note that this agent has seen last: it changes nothing that it does not know. */
  const seen = new Map<string, string>();

  const show = (note: PlacedNote, range?: readonly number[]): Record<string, unknown> => {
    seen.set(note.place, note.revision);
    const lines = note.text.split('\n');
    const [from = 1, to = -1] = range ?? [];
    const text =
      range === undefined ? note.text : lines.slice(from - 1, to === -1 ? undefined : to).join('\n');
    return { path: pathOf(note), lines: lines.length, text, written: writtenBy(note) };
  };

  const put = async (
    place: string,
    change: Parameters<Memory['change']>[2],
  ): Promise<Record<string, unknown>> => {
    const note = await memory.change(place, by, change);
    if (note === undefined) seen.delete(place);
    else seen.set(place, note.revision);
    const tidy = memory.tidy(place);
    return {
      ...(note === undefined ? { deleted: `${ROOT}/${place}` } : { path: pathOf(note), bytes: note.bytes }),
      ...(tidy === undefined ? {} : { tidy }),
    };
  };

  /** Throws unless the agent knows the note as it is now. */
  const assertSeen = (place: string, revision: string | undefined): void => {
    const known = seen.get(place);
    if (known === revision) return;
    const what = known === undefined ? 'is there already' : 'is another than you have seen';
    throw new CoworkError('MEMORY_CHANGED', `${ROOT}/${place} ${revision === undefined ? 'is gone' : what}.`);
  };

  const present = <T extends { revision: string; text: string }>(place: string, now: T | undefined): T => {
    if (now !== undefined) return now;
    memory.read(place); // says that it is not there, and which are
    throw new CoworkError('MEMORY_CHANGED', `${ROOT}/${place} was made just now.`);
  };

  const commands: Record<MemoryInput['command'], (input: MemoryInput) => Promise<Record<string, unknown>>> = {
    view: async ({ path, view_range }) => {
      const place = placeOf(path ?? ROOT);
      if (place.includes('/')) return show(memory.read(place), view_range);
      const notes = memory.list().filter(({ scope }) => place === '' || scope === place);
      return { notes: notes.map(listed), room: roomOf(memory), ...waitingOf(memory) };
    },
    create: ({ path, file_text }) => {
      const place = noteAt(path);
      return put(place, (now) => {
        if (now !== undefined) assertSeen(place, now.revision);
        return needed('file_text', file_text);
      });
    },
    str_replace: ({ path, old_str, new_str = '' }) => {
      const place = noteAt(path);
      const old = needed('old_str', old_str);
      return put(place, (now) => {
        const pieces = present(place, now).text.split(old);
        if (pieces.length === 2) return pieces.join(new_str);
        const how = pieces.length === 1 ? 'is not there' : `is there ${pieces.length - 1} times`;
        throw new CoworkError('MEMORY_INVALID', `old_str ${how} in ${path}.`);
      });
    },
    insert: ({ path, insert_line, insert_text }) => {
      const place = noteAt(path);
      const [line, text] = [needed('insert_line', insert_line), needed('insert_text', insert_text)];
      return put(place, (now) => {
        const note = present(place, now);
        assertSeen(place, note.revision);
        const lines = note.text.split('\n');
        if (line > lines.length)
          throw new CoworkError('MEMORY_INVALID', `${path} has ${lines.length} lines.`);
        return lines.toSpliced(line, 0, text.replace(/\n$/, '')).join('\n');
      });
    },
    delete: ({ path }) => {
      const place = noteAt(path);
      return put(place, (now) => {
        assertSeen(place, present(place, now).revision);
        return null;
      });
    },
    rename: async ({ old_path, new_path }) => {
      const [from, to] = [noteAt(old_path), noteAt(new_path)];
      const { text, revision } = memory.read(from);
      assertSeen(from, revision);
      // The new one first: a kill in between leaves two, and never none.
      const made = await put(to, (now) => {
        if (now !== undefined) throw new CoworkError('MEMORY_CHANGED', `${new_path} is there already.`);
        return text;
      });
      await put(from, (now) => (now?.revision === revision ? null : (now?.text ?? null)));
      return made;
    },
    search: async ({ query }) => ({
      found: memory.search(needed('query', query), EXCERPTS).map((note) => ({
        ...listed(note),
        excerpt: note.excerpt,
      })),
    }),
  };
  return async (input) => commands[input.command](input);
}

/** What an agent is told at its start: which notes there are, and no text of them. */
export function memoryIndex(memory: Memory, max = 4_000): string {
  const lines = memory.list().map((note) => `- ${pathOf(note)}: ${note.title}`);
  let length = 0;
  const fitting = lines.filter((line) => {
    length += line.length + 1;
    return length <= max;
  });
  const left = lines.length - fitting.length;
  return [...fitting, ...(left > 0 ? [`- and ${left} more: view ${ROOT}`] : [])].join('\n');
}

const pathOf = ({ place }: PlacedNote): string => `${ROOT}/${place}`;

function listed(note: PlacedNote): Record<string, unknown> {
  const { title, bytes, updated } = note;
  return { path: pathOf(note), title, bytes, updated, written: writtenBy(note) };
}

function writtenBy({ by, where }: PlacedNote): string {
  if (by === null && where === 'project')
    return 'past cowork, by the user or by somebody else; the user has agreed to it';
  if (by === null || by.team === null) return 'by the user';
  return `by ${by.agent} of team ${by.team}`;
}

function roomOf(memory: Memory): string {
  return memory.project === null
    ? `${ROOT}/user/NAME.md for all jobs of the user; there is no project`
    : `${ROOT}/user/NAME.md for all jobs of the user, ${ROOT}/project/NAME.md for this project`;
}

/** How many there are, and nothing that who wrote them says. */
function waitingOf(memory: Memory): { waiting?: string } {
  const { length } = memory.waiting();
  return length === 0
    ? {}
    : { waiting: `${length} in the project wait for the consent of the user and are not shown` };
}

/** `/memories/user/a.md` as `user/a.md`; a folder has no slash in it, the root is empty. */
function placeOf(path: string): string {
  const [, place] = /^\/memories(?:\/(.*?))?\/?$/.exec(path) ?? [];
  if (place === undefined && !/^\/memories\/?$/.test(path))
    throw new CoworkError('MEMORY_INVALID', `${JSON.stringify(path)} is no path of the memory.`);
  return place ?? '';
}

function noteAt(path: string | undefined): string {
  const place = placeOf(needed('path', path));
  if (!place.includes('/')) throw new CoworkError('MEMORY_INVALID', `${path} is no note.`);
  return place;
}

function needed<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) throw new CoworkError('MEMORY_INVALID', `${name} is missing.`);
  return value;
}
