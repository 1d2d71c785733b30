import { expect, test } from 'vitest';
import { expand, splitWords } from '../../../src/agent/skills/expand.ts';
import type { SkillText } from '../../../src/protocol/extensions.ts';

const skill = (body: string, more: Partial<SkillText> = {}): SkillText => ({
  ...{ name: 'x:y', kind: 'skill', body, file: '/p/SKILL.md', folder: '/p', root: '/p', data: '/d' },
  ...{ arguments: [], allowedTools: null, disallowedTools: [], model: null, isForked: false, agent: null },
  noShell: null,
  ...more,
});
const said = (body: string, given = '', more: Partial<SkillText> = {}) =>
  expand(skill(body, more), given, { CLAUDE_PLUGIN_ROOT: '/plugins/x' })
    .map((part) => ('text' in part ? part.text : `<${part.run}>`))
    .join('');

test.each<[body: string, given: string, said: string, more?: Partial<SkillText>]>([
  ['Do $ARGUMENTS now', 'a b', 'Do a b now'],
  ['Do it', 'a b', 'Do it\n\nARGUMENTS: a b'],
  ['Do it', ' ', 'Do it'],
  ['$0 and $1 and $2', 'a "b c"', 'a and b c and '],
  ['$1 and $2', 'a b', 'a and b', { kind: 'command' }],
  ['$0 and $1', 'a b', 'a and b', { kind: 'command' }],
  ['$ARGUMENTS[1]-$ARGUMENTS[0]', 'a b', 'b-a'],
  [`$who likes \${what}, $whoever`, 'ada tea', 'ada likes tea, $whoever', { arguments: ['who', 'what'] }],
  ['It costs \\$5 and $100', 'x', 'It costs $5 and $100\n\nARGUMENTS: x'],
  [`cd \${CLAUDE_PLUGIN_ROOT} \${HOME}`, '', `cd /plugins/x \${HOME}`],
  ['Now: !`date` and `!not` and a!`b`', '', 'Now: <date> and `!not` and a!`b`'],
  ['!`ls $0`', '/tmp', '<ls /tmp>'],
  [
    `In \${user_config.a} !\`go \${user_config.a}\` \${user_config.b}`,
    '',
    `In $(x) !\`y\` <go \${CLAUDE_PLUGIN_OPTION_A}> \${user_config.b}`,
    { options: { a: '$(x) !`y`' } },
  ],
  [`\${constructor}`, '', `\${constructor}`],
  ['```!\none\ntwo\n```\nend', '', '<one\ntwo>\nend'],
])('%j with %j is %j', (body, given, expected, more) => {
  expect(said(body, given, more)).toBe(expected);
});

test('an argument that looks like a command, or like a place for another, stays words', () => {
  expect(said('Look at $ARGUMENTS', '!`rm -rf /` $0 \\$')).toBe('Look at !`rm -rf /` $0 \\$');
});

test('words are read as a shell reads them', () => {
  expect(splitWords(`a "b \\" c" 'd e' f\\ g h"i"j ' "`)).toEqual([
    'a',
    'b " c',
    'd e',
    'f g',
    'hij',
    "'",
    '"',
  ]);
});
