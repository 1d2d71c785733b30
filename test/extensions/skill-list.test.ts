import { expect, test } from 'vitest';
import { skillList } from '../../src/extensions/use/skill-list.ts';
import { findSkill, similarSkills, type UsableSkill } from '../../src/extensions/use/skills-of-agent.ts';

const skill = (fullName: string, description: string, more: Partial<UsableSkill> = {}): UsableSkill => ({
  ...{ kind: 'skill', name: fullName.split(':').at(-1) ?? '', fullName, title: null, file: 'SKILL.md' },
  ...{ description, whenToUse: '', argumentHint: '', arguments: [], forModel: true, forUser: true },
  ...{ allowedTools: null, disallowedTools: [], model: null, effort: null, isForked: false, agent: null },
  ...{ paths: [], runsCommands: false, folder: 'x', mayRun: true, ...more },
});
const many = (number: number, length: number) =>
  Array.from({ length: number }, (_, i) =>
    skill(`plugin-${i % 100}:skill-${i}`, `${i} `.padEnd(length, 'x y ')),
  );
/** A token is at least three bytes of such a text. */
const tokens = (text: string): number => Buffer.byteLength(text) / 3;

test('few skills are listed with all of their descriptions, on one line each', () => {
  const list = skillList(
    [
      skill('a:one', 'Does\n  one thing.', { whenToUse: 'When asked.', argumentHint: 'FILE' }),
      skill('two', ''),
      skill('hidden', 'For people.', { forModel: false }),
    ],
    200_000,
  );
  expect(list).toBe('- a:one FILE: Does one thing. When asked.\n- two');
  expect(skillList([skill('hidden', 'x', { forModel: false })], 200_000)).toBe('');
});

test.each([
  [1_000, 1_500, 1_000_000],
  [1_000, 400, 200_000],
  [100, 1_500, 200_000],
  [5_000, 1_500, 200_000],
  [10, 1_500, 16_000],
  [10, 1_500, 1_000],
])(
  '%i skills of %i characters stay within a hundredth of %i tokens, and say what they left out',
  (number, length, context) => {
    const list = skillList(many(number, length), context);
    expect(tokens(list)).toBeLessThanOrEqual(Math.max(context * 0.01, 100));
    expect(list).toMatch(/\(\d+ descriptions are cut\.\)$|left out.* Call skill with a word/);
  },
);

test('where descriptions have to be cut, the long ones are, and every skill is there', () => {
  const list = skillList([...many(99, 1_500), skill('short', 'A short one that is told whole.')], 1_000_000);
  expect(list).toContain('- short: A short one that is told whole.');
  expect(list.split('\n')).toHaveLength(101);
  expect(list).toMatch(/\(99 descriptions are cut\.\)$/);
});

test('a skill is found by its full name, and by the last part of it when that is clear', () => {
  const all = [skill('a:review', 'x'), skill('b:review', 'x'), skill('b:plan', 'x', { title: 'Big Plan' })];
  expect(findSkill(all, '/A:Review')?.fullName).toBe('a:review');
  expect(findSkill(all, 'review')).toBeUndefined();
  expect(findSkill(all, 'plan')?.fullName).toBe('b:plan');
  expect(findSkill(all, 'big plan')?.fullName).toBe('b:plan');
});

test('a word finds the skills that it may mean, the best first', () => {
  const all = [skill('a:invoices', 'Sorts bills'), skill('b:plan', 'Plans invoices'), skill('c:x', 'Other')];
  expect(similarSkills(all, 'sort my invoices')).toEqual([
    'a:invoices: Sorts bills',
    'b:plan: Plans invoices',
  ]);
});
