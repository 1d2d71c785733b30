import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMarks, isMarked, noMarks, readMarks, STEPS, stateAt } from '../../src/mailbox/marks.ts';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('the marks of an inbox', () => {
  it('hold exactly what was marked, each step with those before it, in any order', () => {
    const step = fc.record({
      step: fc.constantFrom(...STEPS),
      seqs: fc.array(fc.integer({ min: 1, max: 30 })),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const model = { delivered: new Set<number>(), seen: new Set<number>(), acked: new Set<number>() };
        let marks = noMarks();
        for (const { step, seqs } of steps) {
          marks = addMarks(marks, step, seqs);
          for (const each of STEPS.slice(0, STEPS.indexOf(step) + 1))
            for (const seq of seqs) model[each].add(seq);
        }
        for (const each of STEPS) {
          for (let seq = 1; seq <= 31; seq++) expect(isMarked(marks[each], seq)).toBe(model[each].has(seq));
          expect(marks[each].beyond).not.toContain(marks[each].upTo + 1);
        }
      }),
    );
  });

  it('make the state of a message a comparison', () => {
    const marks = addMarks(
      addMarks(addMarks(noMarks(), 'delivered', [1, 2, 3]), 'seen', [1, 2]),
      'acked',
      [1],
    );
    expect([1, 2, 3, 4].map((seq) => stateAt(marks, seq, false))).toEqual([
      'acked',
      'seen',
      'delivered',
      'queued',
    ]);
    expect([1, 2, 3, 4].map((seq) => stateAt(marks, seq, true))).toEqual([
      ...['acked', 'seen', 'undeliverable', 'undeliverable'],
    ]);
  });

  it.each(['', '{', '[]', '{"v":2}', '{"v":1,"delivered":{"upTo":-1,"beyond":[]}}'])(
    'that are damaged (%j) are named, not guessed',
    async (content) => {
      const file = join(await temporaryFolder(), 'cursor.json');
      writeFileSync(file, content);
      const cell = openFileBackend(dirname(file)).cell('cursor.json');
      await expect(readMarks(cell, 'cursor.json')).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE' });
    },
  );
});
