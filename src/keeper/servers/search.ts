import type { ServerTool } from '../../protocol/servers.ts';

/** Part of the context that tools of servers may take; above it they are searched for. */
const SHARE = 0.05;
/** Fewest characters that a token of JSON stands for. */
const CHARACTERS = 3;
const FOUND_MAX = 10;

export const SEARCH = 'search_mcp_tools';

/** Whether so many tools have to be searched for. */
export const areTooMany = (tools: readonly ServerTool[], contextTokens: number): boolean =>
  JSON.stringify(tools).length > contextTokens * SHARE * CHARACTERS;

/** The tool by which others are found. */
export function searchTool(tools: readonly ServerTool[]): ServerTool {
  const counts = new Map<string, number>();
  for (const { name } of tools) {
    const server = name.split('__')[1] ?? '';
    counts.set(server, (counts.get(server) ?? 0) + 1);
  }
  const servers = [...counts].map(([server, count]) => `${server} (${count})`).join(', ');
  return {
    name: SEARCH,
    description: `Finds tools of MCP servers by what they are for; those that it finds can be called from your next reply on. There are too many to list: ${servers.slice(0, 2_000)}.`,
    inputSchema: {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'Words of what you need, or the exact name of a tool.' },
      },
      required: ['query'],
    },
  };
}

/** The tools that fit best, by how many of the words they have. */
export function findTools<Tool extends ServerTool>(tools: readonly Tool[], query: string): Tool[] {
  const words = query
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1);
  const points = ({ name, description }: Tool): number => {
    if (name === query.trim()) return 1_000;
    const [title, text] = [name.toLowerCase(), description.toLowerCase()];
    return words.reduce(
      (sum, word) => sum + (title.includes(word) ? 3 : 0) + (text.includes(word) ? 1 : 0),
      0,
    );
  };
  return tools
    .map((tool) => ({ tool, score: points(tool) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, FOUND_MAX)
    .map(({ tool }) => tool);
}
