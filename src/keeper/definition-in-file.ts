import type { AgentDefinition } from '../protocol/gate.ts';
import { actingTool, isServerTool } from '../protocol/permits.ts';

/**
 * A kind of agent from the text of a file: front matter with name and description, perhaps more, then its prompt. Undefined
 * when it is none. The front matter is read line by line, not as YAML: it may be an agent's, and needs no more than that.
 */
export function definitionIn(text: string): AgentDefinition | undefined {
  const [, head, prompt = ''] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const { one, many } = fieldsIn(head);
  const [name = '', description = ''] = [one('name'), one('description')];
  if (!/^[\w-]{1,63}$/.test(name) || description === '') return undefined;
  const tools = many('tools')?.map(toolOf);
  const model = one('model');
  const maxTurns = Number(one('maxTurns') ?? Number.NaN);
  return {
    ...{ name, description: description.slice(0, 500), prompt: prompt.trim() },
    // Who has no list of tools has those of all servers anyway.
    tools: tools === undefined ? null : [...tools, ...(many('mcpServers') ?? []).flatMap(allOfServer)],
    disallowedTools: many('disallowedTools') ?? [],
    skills: many('skills') ?? [],
    maxTurns: Number.isInteger(maxTurns) && maxTurns > 0 ? maxTurns : null,
    effort: one('effort') ?? null,
    color: one('color') ?? null,
    // Names that stand for "as whoever calls", or for a family that only its maker can resolve.
    model: model === undefined || /^(inherit|opus|sonnet|haiku|)$/.test(model) ? null : model,
  };
}

/** Fields of one value, and lists: after commas, in brackets, or one item a line. */
function fieldsIn(head: string) {
  const values = new Map<string, string>();
  const items = new Map<string, string[]>();
  let last = '';
  for (const line of head.split(/\r?\n/)) {
    const [, item] = /^\s*-\s+(.*)$/.exec(line) ?? [];
    if (item !== undefined) items.set(last, [...(items.get(last) ?? []), bare(item)]);
    const [, field, value = ''] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (field === undefined) continue;
    last = field;
    values.set(field, bare(value));
  }
  return {
    one: (field: string) => values.get(field),
    many: (field: string): string[] | undefined => {
      const value = values.get(field);
      if (value === undefined) return undefined;
      const listed = value === '' ? (items.get(field) ?? []) : value.replaceAll(/[[\]"']/g, '').split(',');
      return listed.map((each) => each.trim()).filter((each) => each !== '');
    },
  };
}

/** A value without its quotes. */
const bare = (value: string): string => value.trim().replace(/^(["'])(.*)\1$/, '$2');

const toolOf = (tool: string): string => actingTool(tool) ?? (isServerTool(tool) ? tool : tool.toLowerCase());

/** All tools of a server that the team has; what is written out in place of a name (`name: …`) is no name. */
const allOfServer = (server: string): string[] => (/^[\w-]{1,64}$/.test(server) ? [`mcp__${server}`] : []);
