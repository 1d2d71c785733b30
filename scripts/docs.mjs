// Makes docs/errors.md from src/protocol/errors.ts. With --check it only says whether the page is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { ERRORS } from '../src/protocol/errors.ts';

const file = new URL('../docs/errors.md', import.meta.url);
const rows = Object.entries(ERRORS)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(
    ([code, { exit, means, hint }]) =>
      `| \`${code}\` | ${exit} | ${means} | ${hint.replaceAll('|', '\\|')} |`,
  );
const page = `# Errors

Made by \`node scripts/docs.mjs\` from \`src/protocol/errors.ts\`. On a terminal an error is three short lines: what, why, what to do. With \`--json\` it is
\`{"error":{"code","message","hint"}}\` on stderr. Exit codes: 0 done · 1 failed · 2 wrong use · 3 no such thing · 4 refused · 5 timed out.

| code | exit | when | what to do |
|---|---|---|---|
${rows.join('\n')}
`;
const current = () => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
if (!process.argv.includes('--check')) writeFileSync(file, page);
else if (current() !== page) {
  process.stderr.write(
    'docs/errors.md is not up to date.\nsrc/protocol/errors.ts was changed.\nRun: npm run docs\n',
  );
  process.exitCode = 1;
}
