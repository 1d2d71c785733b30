import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isModest } from '../../src/web/client/viewer/markdown-bounds.ts';

test('Markdown that would hold the page up is not taken apart, and what people write is', () => {
  const hostile = [
    '>'.repeat(20_000),
    Array.from({ length: 2_000 }, (_, level) => `${' '.repeat(level * 2)}- x`).join('\n'),
    '*a'.repeat(30_000),
    '['.repeat(50_000),
    `| x\n${'| *a*a\n'.repeat(10_000)}`,
    'word '.repeat(200_000),
  ];
  for (const text of hostile) expect(isModest(text), text.slice(0, 20)).toBe(false);
  const usual = ['docs/promises.md', 'docs/commands.md', 'CHANGELOG.md'].map((path) =>
    readFileSync(join(import.meta.dirname, '../..', path), 'utf8'),
  );
  const table = `| a_name | **sum** |\n|---|---|\n${'| a_b | **1** |\n'.repeat(1_000)}`;
  for (const text of [...usual, table, '- a\n  - b\n    - c\n', '> > > quoted\n', 'x '.repeat(100_000)])
    expect(isModest(text), text.slice(0, 20)).toBe(true);
});
