import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import type { Evidence, Task, TaskNeed, TaskWithHistory } from '../../protocol/task.ts';
import { type Outcome, openTaskList, type TaskList } from '../../tasklist/tasklist.ts';
import { findMember, findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandArguments, CommandModule } from '../command.ts';
import { brief, table } from '../print.ts';

const USER = { by: 'user', incarnation: 0 } as const;
const ACTIONS = ['list', 'show', 'add', 'edit', 'release', 'cancel'];

export const run: CommandModule['run'] = async (args, { home, stdout }) => {
  const dir = findTeam(home, args.team);
  const tasks = openTaskList(dir);
  if (typeof args.owner === 'string') findMember(readTeam(dir), args.owner);
  if (args.action === undefined || args.action === 'list') {
    const all = await tasks.list();
    stdout.write(args.json ? `${JSON.stringify(all)}\n` : renderList(all, stdout.columns));
    return;
  }
  const task = await act(tasks, dir, String(args.action), args);
  stdout.write(args.json ? `${JSON.stringify(task)}\n` : renderTask(task));
};

async function act(
  tasks: TaskList,
  dir: string,
  action: string,
  args: CommandArguments,
): Promise<Task | TaskWithHistory> {
  if (!ACTIONS.includes(action)) {
    const nearest = nearestName(action, ACTIONS);
    throw new CoworkError('USAGE', `cowork tasks can't ${action}.`, {
      hint: nearest === undefined ? `It can ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`,
    });
  }
  if (action === 'add') {
    const { needs = [], ...fields } = fieldsOf(args);
    const all = [...new Set([...(readTeam(dir).requires ?? []), ...needs])];
    return tasks.create({ ...USER, subject: required(action, 'SUBJECT', args.what), ...fields, needs: all });
  }
  const id = required(action, 'ID', args.what);
  const reason = typeof args.reason === 'string' ? args.reason : 'by the user';
  if (action === 'show') return tasks.get(id);
  const { owner, needs, ...fields } = fieldsOf(args);
  if (action === 'release') {
    return taskOf(await tasks.release({ ...USER, id, reason, ...(owner === undefined ? {} : { owner }) }));
  }
  if (action === 'cancel') {
    return taskOf(await tasks.cancel({ ...USER, id, reason, cascade: args.only !== true }));
  }
  const changes = {
    ...(typeof args.subject === 'string' ? { subject: args.subject } : {}),
    ...fields,
    ...(owner === undefined ? {} : { owner }),
    ...(needs === undefined ? {} : { needs }),
  };
  if (Object.keys(changes).length === 0)
    throw new CoworkError('USAGE', `Nothing of ${id} was to be changed.`, {
      hint: 'Give --subject, --description, --depends-on, --owner or --needs.',
    });
  return taskOf(await tasks.edit({ ...USER, id, ...changes }));
}

interface Fields {
  description?: string;
  dependsOn?: string[];
  owner?: string;
  needs?: TaskNeed[];
}

function fieldsOf(args: CommandArguments): Fields {
  return {
    ...(typeof args.description === 'string' ? { description: args.description } : {}),
    ...(Array.isArray(args.dependsOn) ? { dependsOn: args.dependsOn.map(String) } : {}),
    ...(typeof args.owner === 'string' ? { owner: args.owner } : {}),
    ...(Array.isArray(args.needs) ? { needs: args.needs as TaskNeed[] } : {}), // the parser has checked them
  };
}

function required(action: string, what: string, given: unknown): string {
  if (typeof given === 'string' && given !== '') return given;
  throw new CoworkError(
    'USAGE',
    `cowork tasks ${action} needs ${what === 'ID' ? 'the id of a task' : 'a subject'}.`,
    {
      hint: `cowork tasks ${action} ${what}`,
    },
  );
}

function taskOf(outcome: Outcome): Task {
  if (!outcome.ok) throw outcome.refusal;
  return outcome.task;
}

/** Most of a subject and result that is shown where the width is not known. */
const TEXT_WIDTH = 90;

function renderList(all: readonly Task[], columns: number | undefined): string {
  if (all.length === 0)
    return 'There are no tasks yet. The lead makes them; you can add one with `cowork tasks add SUBJECT`.\n';
  const head = ['ID', 'STATE', 'OWNER', 'AFTER'];
  const rows = all.map(({ id, state, owner, dependsOn }) => [
    ...[id, state.replace('_', ' '), owner ?? '-', brief(dependsOn.join(' ') || '-', 20)],
  ]);
  // What is in front of the text, with two spaces behind each column; a line that is broken is harder to read than one that is cut.
  const front = head.reduce(
    (sum, name, i) => sum + 2 + Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)),
    0,
  );
  const width = columns === undefined ? TEXT_WIDTH : Math.max(20, columns - front);
  const texts = all.map(({ subject, result }) =>
    brief(result === null ? subject : `${subject}: ${result}`, width),
  );
  return table(
    [...head, 'SUBJECT: RESULT'],
    rows.map((row, i) => [...row, texts[i] ?? '']),
  );
}

function evidenceText(evidence: Evidence): string {
  if (typeof evidence === 'string') return evidence;
  const { command, exitCode, artifact, note } = evidence;
  const ran =
    command === undefined ? undefined : `${command}${exitCode === undefined ? '' : ` (exit ${exitCode})`}`;
  return [ran, artifact, note].filter((part) => part !== undefined).join('; ');
}

function renderTask(task: Task | TaskWithHistory): string {
  const { id, subject, state, owner, dependsOn, description, result, evidence, needs } = task;
  const history = 'history' in task ? task.history : [];
  const indent = (text: string) => plainText(text, { lines: true }).replaceAll('\n', '\n    ');
  return [
    `${id}  ${plainText(subject)}\n`,
    `  ${state.replace('_', ' ')}, ${owner ?? 'nobody'}${dependsOn.length > 0 ? `, after ${dependsOn.join(' ')}` : ''}\n`,
    needs.length === 0 ? '' : `  needs ${needs.join(' and ')}\n`,
    description === '' ? '' : `    ${indent(description)}\n`,
    result === null ? '' : `  result: ${indent(result)}\n`,
    evidence === null ? '' : `  evidence: ${indent(evidenceText(evidence))}\n`,
    ...history.map(
      ({ at, by, event, detail }) =>
        `  ${at.slice(11, 23)}  ${by}  ${event}${detail === `by ${by}` ? '' : `  ${plainText(detail)}`}\n`,
    ),
  ].join('');
}
