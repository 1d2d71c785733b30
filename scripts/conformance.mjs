// `npm run conformance -- DIR`: checks a team's folder that another program has written. Prints what is wrong, one line each;
// exit 0 when a cowork would read it all. Changes nothing.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FORMAT } from '../src/protocol/format.ts';

const [dir] = process.argv.slice(2);
if (dir === undefined || !existsSync(dir) || !statSync(dir).isDirectory()) {
  process.stderr.write(
    'There is no folder to check.\nName the folder of a team.\nRun: npm run conformance -- ~/.cowork/teams/TEAM\n',
  );
  process.exit(2);
}

const RECORD_MAX_BYTES = 1024 * 1024;
const problems = [];
let records = 0;
const report = (file, what) => problems.push(`${relative(dir, file)}: ${what}`);

checkWhole(join(dir, 'team.json'), 'team');
for (const agent of foldersIn(join(dir, 'mailbox'))) {
  if (agent.startsWith('.')) continue;
  const folder = join(dir, 'mailbox', agent);
  const messages = checkLog(folder, 'inbox', 'inbox-record').filter(({ type }) => type === 'message');
  for (const { to, id, body } of messages) {
    if (to !== agent)
      report(join(folder, 'inbox.jsonl'), `message ${id} is to ${to} and stands in the inbox of ${agent}`);
    if (body && !existsSync(join(dir, 'mailbox/.bodies', `${body.id}.txt`)))
      report(folder, `the text ${body.id} is missing`);
  }
  checkCursor(join(folder, 'cursor.json'), messages.length);
}
checkLog(join(dir, 'tasks'), 'journal', 'task-record');
for (const agent of foldersIn(join(dir, 'agents'))) {
  checkJournal(join(dir, 'agents', agent, 'keeper.jsonl'), 'role-record');
  checkJournal(join(dir, 'agents', agent, 'transcript.jsonl'), 'transcript-record');
}
checkJournal(join(dir, 'supervisor.jsonl'), 'role-record');
checkJournal(join(dir, 'ledger.jsonl'), 'ledger-record');
checkJournal(join(dir, 'alerts.jsonl'), 'alert-record');

for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(`${records} records, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** A log: segments in their order, each but the last sealed, from the newest base on. Gives the records that count. */
function checkLog(folder, stem, shape) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const partOf = (name, end) => {
    if (name === `${stem}${end}`) return 1;
    const [, part] = new RegExp(`^${stem}\\.(\\d+)${end.replaceAll('.', '\\.')}$`).exec(name) ?? [];
    return part === undefined ? undefined : Number(part);
  };
  const parts = names.flatMap((name) => partOf(name, '.jsonl') ?? []).sort((a, b) => a - b);
  const counting = [];
  for (const part of parts) {
    const file = join(folder, part === 1 ? `${stem}.jsonl` : `${stem}.${part}.jsonl`);
    const all = checkJournal(file, shape);
    const end = all.findIndex(({ type }) => type === 'sealed');
    counting.push(...(end === -1 ? all : all.slice(0, end)));
    if (end === -1 && part !== parts.at(-1)) report(file, 'is not the last segment and is not sealed');
  }
  for (const name of names.filter((name) => name.endsWith('.base.json')))
    checkWhole(join(folder, name), 'base');
  return counting;
}

/** Gives the records that have their shape. */
function checkJournal(file, shape) {
  if (!existsSync(file)) return [];
  checkRights(file);
  let offset = 0;
  const good = [];
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const at = offset;
    offset += line.length + 1;
    if (line === '') continue;
    records++;
    const bytes = Buffer.from(line, 'latin1');
    const why =
      bytes.length > RECORD_MAX_BYTES
        ? `${bytes.length} bytes long`
        : check(shape, bytes.toString('utf8'), good);
    if (why !== undefined) report(file, `byte ${at}: ${why}`);
  }
  return good;
}

function checkWhole(file, shape) {
  if (!existsSync(file)) {
    if (shape === 'team') report(file, 'is not there');
    return undefined;
  }
  checkRights(file);
  const good = [];
  const why = check(shape, readFileSync(file, 'utf8'), good);
  if (why !== undefined) report(file, why);
  return good[0];
}

function checkCursor(file, count) {
  const marks = checkWhole(file, 'cursor');
  if (marks === undefined) return;
  for (const step of ['delivered', 'seen', 'acked']) {
    const { upTo, beyond } = marks[step];
    const highest = Math.max(upTo, ...beyond);
    if (highest > count) report(file, `${step} names message ${highest} of ${count}`);
  }
}

function check(shape, text, good) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `not JSON: ${error.message}`;
  }
  const parsed = FORMAT[shape].safeParse(value);
  if (parsed.success) {
    good.push(value);
    return undefined;
  }
  const [issue] = parsed.error.issues;
  return `${issue.path.join('.') || 'the record'}: ${issue.message}`;
}

function checkRights(file) {
  const rights = statSync(file).mode & 0o777;
  if ((rights & 0o077) !== 0) report(file, `others may read or write it (${rights.toString(8)})`);
}

function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
