/**
 * A library is ported by four teammates, played without a model. Each begins at the same commit and adds its functions at the same place, so
 * whoever comes second has a conflict; one has read a corner case wrong, which the library's own tests find. Both come back as tasks.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineRehearsal, insist, type RehearsalAgent, say } from '../../src/model/rehearsal/script.ts';
import type { MailLine, TaskLine } from '../../src/model/rehearsal/turn.ts';
import { createTasks, granted, quote, type Scene, serve, settle, untilSettled } from '../rehearsing.ts';

interface Part {
  name: string;
  functions: string;
  text: string;
  /** What its author writes at first, where that is another text. */
  first?: string;
}

const textOf = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'parts', `${name}.ts`), 'utf8');
const names = textOf('names');
const PARTS: readonly Part[] = [
  { name: 'join', functions: 'normalize, join, isAbsolute', text: textOf('join') },
  // A file whose name begins with a dot has no extension; whoever forgets that is told by the tests.
  {
    name: 'names',
    functions: 'dirname, basename, extname',
    text: names,
    first: names.replace('dot > 0', 'dot >= 0'),
  },
  { name: 'parse', functions: 'parse, format', text: textOf('parse') },
  { name: 'resolve', functions: 'resolve, relative', text: textOf('resolve') },
];
const subjectOf = ({ name }: Part): string => `Port ${name}.ts`;

export default defineRehearsal({
  title: 'Port a library',
  *lead(agent) {
    const clone = granted(agent);
    const plans = PARTS.map((part, i) => ({
      subject: subjectOf(part),
      description: `Write src/${part.name}.ts with ${part.functions}, and add it to index.ts.`,
      owner: agent.teammates[i % agent.teammates.length] ?? 'lead',
    }));
    const ids = yield* createTasks('Four parts, one for each of you.', plans);
    yield* untilSettled({ agent, hear: deaf }, ids);
    const command = `cd ${quote(clone)} && git pull -q && node check.mjs --all`;
    const { results } = yield* insist(say('All have landed. I check the whole.').call('bash', { command }));
    const verdict = results[0]?.text.trim().split('\n').at(-1) ?? '';
    yield* insist(say('That is all.').call('finish_job', { summary: `The library is ported: ${verdict}.` }));
    yield say('The job is done.');
  },
  *teammate(agent) {
    yield* serve({ agent, attend: deaf, perform: (task) => port(agent, task) });
  },
});

/** Mail that comes outside of a task says nothing new: what a push has come to is heard while its task waits for it. */
function* deaf(mail?: MailLine): Scene {
  if (mail === undefined) return;
  yield* [];
}

/** Writes a part, hands it in, and mends it until it has landed. */
function* port(agent: RehearsalAgent, task: TaskLine): Scene<boolean> {
  const part = PARTS.find((each) => subjectOf(each) === task.subject);
  if (part === undefined) return false;
  const clone = granted(agent);
  yield* writePart(clone, part, part.first ?? part.text);
  const lines = [
    `import * as ${part.name} from './src/${part.name}.ts';`,
    `Object.assign(path, ${part.name});`,
  ];
  const add = `grep -q ${part.name}.ts index.ts || printf '%s\\n' ${lines.map(quote).join(' ')} >> index.ts`;
  yield* handIn('I add it to index.ts and hand it in.', clone, [add], `Port ${part.name}.ts`);
  const mended = yield* mendUntilLanded(agent, clone, part);
  for (const each of [...mended, task])
    yield* settle(
      `${each.id} has landed.`,
      each,
      'completed',
      `src/${part.name}.ts`,
      'node check.mjs passed',
    );
  return true;
}

function* writePart(clone: string, part: Part, content: string): Scene {
  const path = `${clone}/src/${part.name}.ts`;
  yield* insist(say(`I write ${part.name}.ts.`).call('write', { file_path: path, content }));
}

function* handIn(text: string, clone: string, first: readonly string[], message: string): Scene {
  const words = [
    `cd ${quote(clone)}`,
    ...first,
    'git add --all',
    `git commit -qm ${quote(message)}`,
    'git push -q',
  ];
  yield* insist(say(text).call('bash', { command: `${words.join('; ')} 2>&1` }));
}

/** What came back on the way, all of it mended. */
function* mendUntilLanded(agent: RehearsalAgent, clone: string, part: Part): Scene<TaskLine[]> {
  const mended: TaskLine[] = [];
  for (;;) {
    const text = agent.inbox.mail.shift()?.text ?? '';
    const id = /has not landed.* (t\d+) is yours/.exec(text)?.[1];
    if (id !== undefined) {
      const { results } = yield* insist(say('It came back. I look why.').call('task_claim', { id }));
      const task: TaskLine = results[0]?.json;
      mended.push(task);
      // The check's output names what fails; a conflict is in index.ts alone, where both sides are wanted.
      if (task.description.includes('FAILED')) yield* writePart(clone, part, part.text);
      const merge = [
        'git add --all',
        'git commit -qm mend',
        'git pull -q',
        "sed -i '/^[<=>]\\{7\\}/d' index.ts",
      ];
      yield* handIn(
        'I bring in what has landed and hand it in again.',
        clone,
        merge,
        'Merge what has landed',
      );
    } else if (/has landed/.test(text)) {
      return mended;
    } else if (text === '') {
      yield say('I wait for my push to land.');
    }
  }
}
