// Makes the pages of docs/ that follow from code. With --check it only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { apiPages } from './docs/api.mjs';
import { commandsPage } from './docs/commands.mjs';
import { errorsPage } from './docs/errors.mjs';
import { logsPage } from './docs/logs.mjs';
import { schemaPages } from './docs/schemas.mjs';
import { toolsPage } from './docs/tools.mjs';

const PAGES = [
  { file: 'docs/commands.md', source: 'src/cli/table.ts', text: commandsPage() },
  { file: 'docs/errors.md', source: 'src/protocol/errors.ts', text: errorsPage() },
  { file: 'docs/tools.md', source: 'src/protocol/tools.ts', text: toolsPage() },
  { file: 'docs/logs.md', source: 'src/protocol/log-events.ts', text: logsPage() },
  ...schemaPages(),
  ...apiPages(),
];
const isCheck = process.argv.includes('--check');

for (const { file, source, text } of PAGES) {
  const path = new URL(`../${file}`, import.meta.url);
  if (!isCheck) writeFileSync(path, text);
  else if (contents(path) !== text) {
    process.stderr.write(
      `${file} is not up to date.\n${source} or scripts/docs was changed.\nRun: npm run docs\n`,
    );
    process.exitCode = 1;
  }
}

function contents(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // not made yet
  }
}
