import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOTHING, together, verdictOfEnd, verdictOfJson } from '../../../src/agent/hooks/verdict.ts';

const end = (code: number | null, stdout = '', stderr = '', why = '') => ({ code, stdout, stderr, why });

test('exit 2 blocks with stderr as the reason, 0 does not, and everything else has failed and blocks nothing', () => {
  expect(verdictOfEnd('PreToolUse', end(2, 'x', 'Not now.\n'))).toMatchObject({
    outcome: 'blocked',
    reason: 'Not now.',
  });
  expect(verdictOfEnd('PreToolUse', end(0, 'all fine'))).toMatchObject({
    outcome: 'ok',
    context: '',
    message: 'all fine',
  });
  expect(verdictOfEnd('PreToolUse', end(1, '', 'oh'))).toMatchObject({
    outcome: 'failed',
    reason: 'it ended with 1: oh',
  });
  expect(verdictOfEnd('PreToolUse', end(null, '', '', 'it took longer than 1 s'))).toMatchObject({
    outcome: 'failed',
    reason: 'it took longer than 1 s',
  });
  expect(verdictOfEnd('SessionStart', end(0, 'Be kind.'))).toMatchObject({
    outcome: 'ok',
    context: 'Be kind.',
  });
});

test.each([
  [{ hookSpecificOutput: { permissionDecision: 'deny', permissionDecisionReason: 'No.' } }, 'blocked', 'No.'],
  [{ decision: 'block', reason: 'Not so.' }, 'blocked', 'Not so.'],
  [{ hookSpecificOutput: { permissionDecision: 'allow' } }, 'ok', ''],
  [
    { hookSpecificOutput: { permissionDecision: 'ask', permissionDecisionReason: 'Sure?' } },
    'blocked',
    /Sure\? Ask with ask_user/,
  ],
  [{ hookSpecificOutput: { permissionDecision: 'defer' } }, 'blocked', /ask_user/],
  [{ decision: 'approve' }, 'ok', ''],
  [{}, 'ok', ''],
])('%j is %s', (json, outcome, reason) => {
  const verdict = verdictOfJson('PreToolUse', JSON.stringify(json));
  expect(verdict.outcome).toBe(outcome);
  expect(verdict.reason).toMatch(reason instanceof RegExp ? reason : new RegExp(`^${reason}$`));
});

test('one that blocks is enough, whatever the others allow; context of all is told', () => {
  const all = [
    { ...NOTHING, context: 'one' },
    { ...NOTHING, outcome: 'blocked' as const, reason: 'No.' },
    { ...NOTHING, context: 'two', updatedInput: { a: 1 }, outcome: 'ok' as const },
    { ...NOTHING, outcome: 'failed' as const, reason: 'broken' },
  ];
  expect(together(all)).toMatchObject({
    ...{ outcome: 'blocked', reason: 'No.', context: 'one\ntwo', updatedInput: { a: 1 }, goesOn: true },
  });
  expect(together([{ ...NOTHING, goesOn: false, stopReason: 'Enough.' }])).toMatchObject({
    stopReason: 'Enough.',
    goesOn: false,
  });
});

test('whatever a hook prints is a verdict, and no output but a clear one blocks', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => `{${text}`),
      ),
      (text) => {
        const verdict = verdictOfEnd('PreToolUse', end(0, text));
        expect(['ok', 'blocked', 'failed']).toContain(verdict.outcome);
        if (!/deny|block|ask|defer/.test(text)) expect(verdict.outcome).not.toBe('blocked');
      },
    ),
    { numRuns: 500 },
  );
});
