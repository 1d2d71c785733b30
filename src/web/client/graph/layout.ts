/** What of a task the graph needs. */
export interface Node {
  id: string;
  dependsOn: readonly string[];
}

/** Where each task stands: its column, and its row in it, from 0. */
export interface Layout {
  columns: string[][];
  places: Map<string, { column: number; row: number }>;
  /** From what comes first to what waits for it. */
  edges: { from: string; to: string }[];
}

/** Rounds of sorting: after these hardly any line is uncrossed. */
const ROUNDS = 4;

/**
 * Lays tasks out from left to right: each one column behind the last that it waits for, and near the rows of its neighbours
 * (layers and barycentres, as Sugiyama, Tagawa and Toda have it, 1981). A dependency on what is not there counts for nothing.
 */
export function layOut(nodes: readonly Node[]): Layout {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const edges = nodes.flatMap(({ id, dependsOn }) =>
    dependsOn.filter((from) => byId.has(from)).map((from) => ({ from, to: id })),
  );
  const before = groupBy(edges, 'to', 'from');
  const after = groupBy(edges, 'from', 'to');
  const columns: string[][] = [];
  const depths = new Map<string, number>();
  for (const { id } of nodes) {
    const depth = depthOf(id, before, depths);
    columns[depth] ??= [];
    columns[depth].push(id);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const isForth = round % 2 === 0;
    const rows = new Map(columns.flatMap((ids) => ids.map((id, row): [string, number] => [id, row])));
    for (const column of isForth ? columns : columns.toReversed()) {
      sortByNeighbours(column, isForth ? before : after, rows);
      for (const [row, id] of column.entries()) rows.set(id, row);
    }
  }
  const places = new Map(
    columns.flatMap((ids, column) =>
      ids.map((id, row): [string, { column: number; row: number }] => [id, { column, row }]),
    ),
  );
  return { columns, places, edges };
}

/** The length of the longest way to a task. Without recursion: a chain may be of thousands. The list has no circles. */
function depthOf(id: string, before: Map<string, string[]>, depths: Map<string, number>): number {
  const open = [id];
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const missing = (before.get(at) ?? []).filter((each) => !depths.has(each) && !open.includes(each));
    if (missing.length > 0) open.push(...missing);
    else {
      depths.set(at, Math.max(-1, ...(before.get(at) ?? []).map((each) => depths.get(each) ?? -1)) + 1);
      open.pop();
    }
  }
  return depths.get(id) ?? 0;
}

function sortByNeighbours(column: string[], near: Map<string, string[]>, rows: Map<string, number>): void {
  const weights = new Map(
    column.map((id, row) => {
      const around = (near.get(id) ?? []).map((each) => rows.get(each) ?? 0);
      return [id, around.length === 0 ? row : around.reduce((sum, each) => sum + each, 0) / around.length];
    }),
  );
  column.sort((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
}

function groupBy(edges: Layout['edges'], key: 'from' | 'to', value: 'from' | 'to'): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const edge of edges) groups.set(edge[key], [...(groups.get(edge[key]) ?? []), edge[value]]);
  return groups;
}
