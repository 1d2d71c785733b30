// `npm run conformance -- DIR`: checks a team's folder, whoever wrote it. Prints what is wrong, one line each as FILE:LINE: why;
// exit 0 when a cowork would read it all. Changes nothing.
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkJournal, checkWhole } from './conformance/check-file.mjs';
import { checkInbox, checkSeals } from './conformance/check-mail.mjs';
import { filesOf } from './conformance/places.mjs';

const [dir] = process.argv.slice(2);
if (dir === undefined || !existsSync(dir) || !statSync(dir).isDirectory()) {
  process.stderr.write(
    'There is no folder to check.\nName the folder of a team.\nRun: npm run conformance -- ~/.cowork/teams/TEAM\n',
  );
  process.exit(2);
}

const problems = [];
const logs = new Map();
const wholes = new Map();
let records = 0;

const files = filesOf(dir);
if (!files.some(({ path }) => path === 'team.json'))
  problems.push({ path: 'team.json', what: 'is not there' });
for (const { path, kept, shape } of files) {
  const file = join(dir, path);
  const rights = statSync(file).mode & 0o777;
  if (kept === undefined) problems.push({ path, what: 'is no file of a team' });
  else if (kept !== 'bytes' && rights & 0o077)
    problems.push({ path, what: `others may read or write it (${rights.toString(8)})` });
  if (kept === 'whole') {
    const { value, why } = checkWhole(file, shape);
    if (why === undefined) wholes.set(path, value);
    else problems.push({ path, line: 1, what: why });
  } else if (kept !== undefined && kept !== 'bytes') {
    const found = checkJournal(file, shape);
    records += found.records.length + found.problems.length;
    problems.push(...found.problems.map((problem) => ({ path, ...problem })));
    if (kept === 'log') addTo(logs, dirname(path), { path, part: partOf(path), records: found.records });
  }
}
for (const [folder, segments] of logs) {
  segments.sort((a, b) => a.part - b.part);
  problems.push(...checkSeals(segments));
  const [, agent] = /^mailbox\/([^/]+)$/.exec(folder) ?? [];
  if (agent !== undefined)
    problems.push(...checkInbox(dir, agent, segments, wholes.get(`${folder}/cursor.json`)));
}

for (const { path, line, what } of problems)
  process.stdout.write(`${path}${line === undefined ? '' : `:${line}`}: ${what}\n`);
process.stdout.write(`${files.length} files, ${records} records, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function addTo(map, key, value) {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function partOf(path) {
  const [, part] = /\.(\d+)\.jsonl$/.exec(path) ?? [];
  return part === undefined ? 1 : Number(part);
}
