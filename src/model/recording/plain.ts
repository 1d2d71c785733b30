/** Folders of this run, and what a recording calls them, the longest path first. */
export interface Places {
  folders: readonly (readonly [path: string, name: string])[];
}

/** The folders of a team as a recording names them: the same with and without a machine, and on another host. */
export function placesOf(
  grants: readonly { name: string; path: string }[],
  { workspace, team }: { workspace: string; team: string },
): Places {
  const folders = grants.map(({ name, path }) => [path, `<grant ${name}>`] as const);
  const all = [...folders, [workspace, '<scratch folder>'] as const, [team, '<team folder>'] as const];
  return { folders: all.sort(([a], [b]) => b.length - a.length) };
}

/** A text with folders by their names. */
export const named = (text: string, { folders }: Places): string =>
  folders.reduce((now, [path, name]) => {
    if (!now.includes(path)) return now;
    const whole = new RegExp(`(?<![\\w.-])${path.replaceAll(/[^\w/]/g, '\\$&')}(?![\\w-])`, 'g');
    return now.replaceAll(whole, () => name);
  }, text);

/** The same back, with the folders of this run. */
export const here = (text: string, { folders }: Places): string =>
  folders.reduce((now, [path, name]) => now.replaceAll(name, () => path), text);

/** What differs from one run to the next though the same is done: ids, times, how long something took. */
const VOLATILE =
  /\b(?<id>[0-7][0-9A-HJKMNP-TV-Z]{25})\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?|\b[A-Z][a-z]{2} +\d{1,2} +(?:\d\d:\d\d(?::\d\d)?|\d{4})\b|\b\d+(?:\.\d+)? ?(?:ms|secs?|seconds)\b|\b\d+\.\d+ ?s\b/g;

/** A text without what is volatile, to be compared, and the ids that were in it, in their order. */
export function comparable(text: string): { text: string; ids: string[] } {
  const ids: string[] = [];
  const plain = text.replaceAll(VOLATILE, (found, ...rest) => {
    const { id } = rest.at(-1) as { id?: string }; // the named groups come last
    if (id === undefined) return '<time>';
    ids.push(found);
    return '<id>';
  });
  return { text: plain.trim(), ids };
}
