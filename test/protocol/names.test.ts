import { expect, test } from 'vitest';
import { assertNewName, isName, nearestName } from '../../src/protocol/names.ts';

test('a name is 1 to 63 of a-z, 0-9 and -, and begins with a letter or digit', () => {
  for (const name of ['a', '7', 'ada-2', 'x'.repeat(63)])
    expect({ name, ok: isName(name) }).toEqual({ name, ok: true });
  for (const name of ['', '-a', 'A', 'a_b', 'a.b', 'ä', 'a\n', 'x'.repeat(64), '../a', 'a b']) {
    expect({ name, ok: isName(name) }).toEqual({ name, ok: false });
  }
});

test('lead, user and team are taken', () => {
  for (const name of ['lead', 'user', 'team']) expect(() => assertNewName(name, 'teammate')).toThrow(name);
  expect(() => assertNewName('leader', 'team')).not.toThrow();
});

test('the nearest name is a slip of the finger away, or there is none', () => {
  expect(nearestName('adda', ['lead', 'ada', 'ben'])).toBe('ada');
  expect(nearestName('stauts', ['status', 'stop', 'tasks'])).toBe('status');
  expect(nearestName('aad', ['lead', 'ada', 'ben'])).toBe('ada'); // two that changed places
  expect(nearestName('prio', ['kind', 'priority'])).toBe('priority');
  expect(nearestName('zebra', ['ada', 'ben'])).toBeUndefined();
  expect(nearestName('x', [])).toBeUndefined();
});
