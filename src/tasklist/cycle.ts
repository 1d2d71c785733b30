import type { ListState } from './state.ts';

/** The circle that would be there if `task` came to depend on `dependsOn`, from the task back to itself. */
export function cycleThrough(
  list: ListState,
  task: string,
  dependsOn: readonly string[],
): string[] | undefined {
  const visited = new Set<string>();
  const paths = dependsOn.map((id) => [task, id]);
  for (let path = paths.pop(); path; path = paths.pop()) {
    const last = path.at(-1) as string; // every path has two or more
    if (last === task) return path;
    if (visited.has(last)) continue;
    visited.add(last);
    for (const id of list.entries.get(last)?.dependsOn ?? []) paths.push([...path, id]);
  }
  return undefined;
}
