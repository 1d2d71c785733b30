import type { Notes } from '../finding.ts';
import { firstParagraph, parseFrontMatter } from '../format/front-matter.ts';
import { usableName } from '../format/names.ts';
import { DESCRIPTION_MAX, type Skill } from './components.ts';
import { fieldsOf } from './fields.ts';
import { type HookHandler, readHooks } from './hooks.ts';
import { readTreeText, type Tree } from './tree.ts';

/** Every SKILL.md below `folder`, without those that lie within another skill. */
export function skillFiles(tree: Tree, folder: string): string[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const found = [...tree.files.keys()].filter(
    (path) => path.startsWith(prefix) && /(^|\/)skill\.md$/i.test(path),
  );
  const homes = new Set(found.map(folderOf));
  return found.filter((path) => {
    for (let above = folderOf(path); above !== ''; ) {
      above = folderOf(above);
      if (homes.has(above)) return false;
    }
    return true;
  });
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Markdown files below `folder`, or `folder` itself when it is one; README files are no components. */
export function markdownFiles(tree: Tree, folder: string, notes: Notes): string[] {
  if (tree.files.has(folder)) return [folder];
  const prefix = folder === '' ? '' : `${folder}/`;
  return [...tree.files.keys()]
    .filter((path) => path.startsWith(prefix) && path.toLowerCase().endsWith('.md'))
    .filter((path) => {
      if (!/(^|\/)(readme|license|changelog)\.md$/i.test(path)) return true;
      notes.warn(path, 'is about the files beside it and was left out');
      return false;
    });
}

/** Reads one skill or command. Undefined, with a finding, when there is nothing to use. */
export function readSkill(
  tree: Tree,
  { path, name, kind }: { path: string; name: string; kind: Skill['kind'] },
  notes: Notes,
): Skill | undefined {
  const text = readTreeText(tree, path, notes);
  return text === undefined ? undefined : skillOf(text, { path, name, kind }, notes);
}

/** The same of a text that was read already. */
export function skillOf(
  text: string,
  { path, name, kind }: { path: string; name: string; kind: Skill['kind'] },
  notes: Notes,
): Skill | undefined {
  const { fields: given, body, warnings } = parseFrontMatter(text);
  for (const warning of warnings) notes.warn(path, warning);
  if (body.trim() === '' && Object.keys(given).length === 0) {
    notes.warn(path, 'is empty and was left out');
    return undefined;
  }
  const usable = name.split(':').map(usableName).filter(Boolean).join(':');
  if (usable === '') {
    notes.warn(path, `no name can be made of ${JSON.stringify(name)}; it was left out`);
    return undefined;
  }
  const fields = fieldsOf(given, path, notes);
  const title = fields.text('name');
  const description = fields.text('description') || firstParagraph(body);
  if (description === '') notes.warn(path, 'has no description: a model can’t know when to use it');
  if (description.length > DESCRIPTION_MAX)
    notes.warn(
      path,
      `the description has ${description.length} characters; a model is shown ${DESCRIPTION_MAX}`,
    );
  const isForked = fields.text('context') === 'fork';
  return {
    kind,
    name: usable,
    title: title === '' || title === usable ? null : title,
    file: path,
    description,
    whenToUse: fields.text('when_to_use', 'when-to-use'),
    argumentHint: fields.text('argument-hint'),
    arguments: fields.list('arguments') ?? [],
    forModel: !fields.flag('disable-model-invocation', false),
    forUser: fields.flag('user-invocable', true),
    allowedTools: fields.list('allowed-tools'),
    disallowedTools: fields.list('disallowed-tools') ?? [],
    model: fields.text('model') || null,
    effort: fields.text('effort') || null,
    isForked,
    agent: fields.text('agent') || null,
    paths: fields.list('paths') ?? [],
    ...(given.hooks === undefined || given.hooks === null
      ? {}
      : { hooks: readHooks(given.hooks, path, notes) }),
    runsCommands: /(^|\s)!`[^`\n]+`/m.test(body) || /^```!/m.test(body),
  };
}

/** Skills without their hooks, and these: each knows the skill whose use arms it. */
export function takeHooks(skills: readonly Skill[]): { skills: Skill[]; hooks: HookHandler[] } {
  return {
    skills: skills.map(({ hooks: _, ...skill }) => skill),
    hooks: skills.flatMap(({ name, hooks = [] }) => hooks.map((hook) => ({ ...hook, skill: name }))),
  };
}
