import { expect, test } from 'vitest';
import { definitionIn } from '../../src/keeper/definition-in-file.ts';

const file = (...head: string[]) => ['---', ...head, '---', 'You review.'].join('\n');

test('a definition in a file has all fields of the format that mean something here', () => {
  expect(
    definitionIn(
      file(
        'name: reviewer',
        'description: "Reviews what others wrote"',
        'tools: [Read, Bash, mcp__tracker__search]',
        'disallowedTools: Write, Edit',
        'model: small-model',
        'effort: low',
        'maxTurns: 12',
        'color: cyan',
        'skills:',
        '  - checklist',
        "  - 'office:minutes'",
        'mcpServers:',
        '  - github',
        '  - db:',
        '      type: stdio',
        '      command: db-server',
        '  - "two words"',
      ),
    ),
  ).toEqual({
    name: 'reviewer',
    description: 'Reviews what others wrote',
    prompt: 'You review.',
    tools: ['read', 'bash', 'mcp__tracker__search', 'mcp__github'],
    disallowedTools: ['Write', 'Edit'],
    model: 'small-model',
    effort: 'low',
    maxTurns: 12,
    color: 'cyan',
    skills: ['checklist', 'office:minutes'],
  });
});

test('what is not said is left to whoever calls, and servers narrow nothing where no tools are listed', () => {
  expect(
    definitionIn(file('name: a', 'description: d', 'model: opus', 'maxTurns: many', 'mcpServers: [github]')),
  ).toMatchObject({ tools: null, model: null, maxTurns: null, effort: null, color: null, skills: [] });
  expect(definitionIn(file('name: a', 'description: d', 'tools:'))).toMatchObject({ tools: [] });
});

test('what is no definition is none', () => {
  for (const text of [
    '',
    'name: a',
    file('name: a'),
    file('description: d'),
    file('name: a b', 'description: d'),
  ])
    expect(definitionIn(text), text).toBeUndefined();
});
