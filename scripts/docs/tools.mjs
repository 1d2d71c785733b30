import { z } from 'zod';
import { TEAM_TOOLS } from '../../src/protocol/tools.ts';
import { table } from './table.mjs';

/** The page of the tools that agents have. */
export function toolsPage() {
  return `# Tools of the agents

Made by \`npm run docs\` from \`src/protocol/tools.ts\`. The sentence below each name is what the model reads.

Calls of one reply do what they would do one after the other: a call that changes something waits for those before it, a look for the changes before it. Looks
(\`read\`, \`glob\`, \`grep\`, \`task_list\`, \`task_get\`, \`read_message\`) and helpers run side by side.

From the SDK's agent toolset: \`bash\`, \`read\`, \`write\`, \`edit\`, \`glob\`, \`grep\`. They run in the agent's machine, on \`/workspace\`, \`/memory\` and the grants;
to grants that are \`ro\` they refuse writing before the file server does.

The tools below act on the team. The guest offers them, the keeper on the host checks and executes them (\`POST /tools/NAME\` of the [gate](gate.md)), and the
sender is who the wire belongs to. They answer with the JSON of \`cowork tasks\`, \`mail\` and \`status\`; a refusal is a tool error
\`{"error":{"code","message","hint"}}\` with a code of [errors](errors.md). A tool of another role is refused with \`TOOL_REFUSED\`. Input with a field too many is
refused with \`REQUEST_INVALID\`.

${Object.entries(TEAM_TOOLS).map(section).join('\n')}
\`present\` (all agents: \`path\`, \`title\`, \`kind?\`) keeps a copy of a file with the team, for \`cowork artifacts\`, at most 64 MiB; what is larger is refused before it is read.
The same title again is a further version, unless it is the same byte for byte. A team has at most 2,000 artifacts and 4 GiB of them.
\`run_subagent\` (all agents: \`prompt\`, \`agent?\`, \`tools?\`) runs in the agent's own machine: [models](models.md) says how.

## Not there yet
\`skill\` is there when plugins or folders bring skills: [plugins](plugins.md).
`;
}

function section([name, { audience, description, input }]) {
  const { properties = {}, required = [] } = z.toJSONSchema(input);
  const rows = Object.entries(properties).map(([field, schema]) => [
    `\`${field}\``,
    describeType(schema),
    required.includes(field) ? 'yes' : '',
    schema.description ?? '',
  ]);
  const who = audience === 'all' ? 'All agents' : `The ${audience} only`;
  const inputs = rows.length === 0 ? 'No input.\n' : table(['input', 'type', 'required', 'means'], rows);
  return `## \`${name}\`\n${who}. ${description}\n\n${inputs}`;
}

function describeType({
  type,
  enum: words,
  minLength,
  maxLength,
  maxItems,
  pattern,
  items,
  anyOf,
  properties,
}) {
  if (anyOf) return anyOf.map(describeType).join(', or ');
  if (properties)
    return `{${Object.keys(properties)
      .map((field) => `\`${field}\``)
      .join(', ')}}`;
  if (words) return words.map((word) => `\`${word}\``).join(' ');
  if (type === 'array') return `list of ${describeType(items)}${maxItems ? `, at most ${maxItems}` : ''}`;
  if (pattern) return `\`${pattern}\``;
  if (type !== 'string') return type;
  if (maxLength === undefined) return 'text';
  return `${minLength ?? 0} to ${maxLength} characters`;
}
