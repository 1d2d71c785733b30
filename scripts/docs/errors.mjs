import { ERRORS } from '../../src/protocol/errors.ts';
import { table } from './table.mjs';

/** The page of all coded errors. */
export function errorsPage() {
  const rows = Object.entries(ERRORS)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([code, { exit, means, hint }]) => [`\`${code}\``, String(exit), means, hint]);
  return `# Errors

Made by \`npm run docs\` from \`src/protocol/errors.ts\`. On a terminal an error is three short lines: what, why, what to do. With \`--json\` it is
\`{"error":{"code","message","hint"}}\` on stderr. Exit codes: 0 done · 1 failed · 2 wrong use · 3 no such thing · 4 refused · 5 timed out.

${table(['code', 'exit', 'when', 'what to do'], rows)}`;
}
