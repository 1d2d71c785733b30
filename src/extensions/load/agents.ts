import type { Notes } from '../finding.ts';
import { firstParagraph, parseFrontMatter } from '../format/front-matter.ts';
import { usableName } from '../format/names.ts';
import type { AgentDefinition } from './components.ts';
import { fieldsOf } from './fields.ts';
import { readTreeText, type Tree } from './tree.ts';

/** What a plugin may not decide for the agents that it brings. */
const NOT_OF_PLUGINS = ['hooks', 'mcpServers', 'permissionMode'];

/** What has no meaning here, and what is there instead. */
const WITHOUT_MEANING: Record<string, string> = {
  memory: 'all agents share the notes of the project, by the tool memory',
  background: 'helpers of one reply run side by side anyway; for longer work there are teammates',
  isolation: 'each teammate has a machine of its own, and helpers share that of their agent',
};

/** Reads an agent definition; its body is the system prompt. Undefined, with a finding, when there is nothing to use. */
export function readAgent(tree: Tree, path: string, notes: Notes): AgentDefinition | undefined {
  const text = readTreeText(tree, path, notes);
  if (text === undefined) return undefined;
  const { fields: given, body, warnings } = parseFrontMatter(text);
  for (const warning of warnings) notes.warn(path, warning);
  if (body.trim() === '') {
    notes.warn(path, 'has no text that could be a prompt and was left out');
    return undefined;
  }
  const fields = fieldsOf(given, path, notes);
  const fileName = path.split('/').at(-1)?.replace(/\.md$/i, '') ?? '';
  const title = fields.text('name');
  const name = usableName(title) || usableName(fileName);
  if (name === '') {
    notes.warn(path, `no name can be made of ${JSON.stringify(fileName)}; it was left out`);
    return undefined;
  }
  if (title !== '' && name !== title)
    notes.warn(path, `the name ${JSON.stringify(title)} can't be typed; it is used as ${name}`);
  for (const field of NOT_OF_PLUGINS) {
    if (Object.hasOwn(given, field))
      notes.warn(path, `"${field}" can't be set by a plugin's agent and was left out`);
  }
  for (const [field, why] of Object.entries(WITHOUT_MEANING))
    if (Object.hasOwn(given, field)) notes.warn(path, `"${field}" changes nothing here: ${why}`);
  const description = fields.text('description');
  if (description === '') notes.warn(path, 'has no description');
  return {
    name,
    file: path,
    description: description || firstParagraph(body),
    tools: fields.list('tools'),
    disallowedTools: fields.list('disallowedTools', 'disallowed-tools') ?? [],
    model: fields.text('model') || null,
    skills: fields.list('skills') ?? [],
    maxTurns: fields.number('maxTurns'),
    effort: fields.text('effort') || null,
    color: fields.text('color') || null,
  };
}
