import { insist, type RehearsalAgent, say } from '../../src/model/rehearsal/script.ts';
import type { MailLine, TaskLine } from '../../src/model/rehearsal/turn.ts';
import { granted, type Scene, serve, settle, tell } from '../rehearsing.ts';
import { OUTSIDE_RULE, program, TO_USER } from './team-rules.ts';

/** A teammate's part: takes tasks, asks and answers about odd years. */
export function* teammate(agent: RehearsalAgent): Scene {
  const mind: Mind = { agent, box: granted(agent), owed: [], asked: false, askedLead: false };
  yield* serve({ agent, attend: () => attend(mind, true), perform: (task) => perform(mind, task) });
}

/** What a teammate has seen and agreed on. */
interface Mind {
  agent: RehearsalAgent;
  box: string;
  /** Mails with years like 0102 that it has met itself. */
  seen?: {
    group: string;
    mails: number;
    written: string[];
    received: Record<string, number>;
    example: string;
  };
  /** How years like 0102 are read, once that is decided. */
  years?: 'since-1900' | 'undated';
  /** What becomes of dates outside 1995 to 2003, once that is decided. */
  outside?: 'undated';
  /** Questions that wait until it has sorted something. */
  owed: MailLine[];
  asked: boolean;
  askedLead: boolean;
}

function* perform(mind: Mind, task: TaskLine): Scene<boolean> {
  const group = /^Sort the mails (\w-\w)$/.exec(task.subject)?.[1];
  const period = /^Write the digests (\d{4}-\d\d) to (\d{4}-\d\d)$/.exec(task.subject);
  if (group) yield* sort(mind, task, group);
  else if (/^Settle the mails/.test(task.subject)) yield* settleOdd(mind, task);
  else if (/^Write the index/.test(task.subject)) yield* writeIndex(mind, task);
  else if (period) yield* writeDigests(mind, task, period[1] ?? '', period[2] ?? '');
  else return false;
  return true;
}

/** Runs the program; a task whose program fails is failed with what it said. */
// biome-ignore lint/suspicious/noExplicitAny: the program's own JSON, read as it is
function* run(mind: Mind, task: TaskLine, text: string, args: string): Scene<any> {
  const { results } = yield* insist(say(text).call('bash', program(mind.box, args)));
  const [result] = results;
  if (result && !result.isError && result.json) return result.json;
  yield* settle('That did not work.', task, 'failed', result?.text.slice(-2000) ?? 'no result');
  return undefined;
}

function* sort(mind: Mind, task: TaskLine, group: string): Scene {
  const found = yield* run(mind, task, `I take ${task.id}: the mails ${group}.`, `sort ${group}`);
  if (!found) return;
  const { mails, sorted, undated, shortYears, outside, example } = found;
  if (shortYears.mails > 0) mind.seen = { group, example, ...shortYears };
  const without = Object.values<number>(undated).reduce((sum, count) => sum + count, 0);
  const held = shortYears.mails + outside.length;
  yield* settle(
    `${sorted} of ${mails} sorted, ${without} undated, ${held} held back.`,
    task,
    sorted + without + held === mails ? 'completed' : 'failed',
    `${mails} mails: ${sorted} sorted, ${without} undated, ${held} held back for their years.`,
    `mailbox.py sort ${group}: ${sorted} + ${without} + ${held} = ${mails}`,
  );
  yield* attend(mind, false);
  if (shortYears.mails > 0) yield* askAboutYears(mind);
  if (outside.length > 0 && !mind.outside && !mind.askedLead) {
    mind.askedLead = true;
    const [file, written, [received]] = outside[0];
    yield* tell(
      'A date that cannot be right.',
      'lead',
      `${file} is dated ${written}, but its Received lines say ${received}. The job calls a date outside 1995 to 2003 implausible. Do the Received lines count, or is it undated?`,
    );
  }
}

/** The first teammate asks the second about years like 0102; alone, it decides by what it has seen. */
function* askAboutYears(mind: Mind): Scene {
  const { agent, seen } = mind;
  const [first, second] = agent.teammates;
  if (!seen || mind.years || mind.asked || agent.name !== first) return;
  mind.asked = true;
  if (second === undefined) yield* decideYears(mind, undefined);
  else {
    yield* tell(
      `A year like ${seen.written[0]}: is it the year 102, or 102 years after 1900? I ask ${second}.`,
      second,
      `In the mails ${seen.group}, ${seen.mails} have a year like ${seen.written[0]}, for example ${seen.example}. ${evidence(seen)} What do yours say: does such a year count from 1900?`,
    );
  }
}

function evidence({ mails, received }: NonNullable<Mind['seen']>): string {
  const years = Object.entries(received).map(([year, count]) => `${year} in ${count}`);
  return `Their Received lines say ${years.join(', ') || 'nothing'} of ${mails}.`;
}

/** Whether the Received lines of all that it has met say what counting from 1900 gives. */
function agrees({ written, received }: NonNullable<Mind['seen']>): boolean {
  const meant = written.map((year) => String(1900 + Number(year)));
  return Object.keys(received).length > 0 && Object.keys(received).every((year) => meant.includes(year));
}

function* decideYears(mind: Mind, answer: MailLine | undefined): Scene {
  const isSure = mind.seen !== undefined && agrees(mind.seen) && !/^No\b/.test(answer?.text ?? '');
  mind.years = isSure ? 'since-1900' : 'undated';
  const who = answer ? `${answer.from} and I have` : 'I have';
  const rule = isSure
    ? `Rule: years like 0102 count from 1900, so 0102 is 2002. ${who} compared them with the Received lines.`
    : 'Rule: what years like 0102 mean cannot be told; such mails are undated, reason unreadable.';
  yield* insist(say('That settles it for all of us.').call('broadcast', { text: rule, key: 'rule-years' }));
}

/** Reads mail. A question is answered from what it has sorted itself; without that it waits, unless nothing more is to come. */
function* attend(mind: Mind, isIdle: boolean): Scene {
  const { agent, owed } = mind;
  for (let mail = agent.inbox.mail.shift(); mail; mail = agent.inbox.mail.shift()) yield* hear(mind, mail);
  if (!mind.seen && !(isIdle && agent.inbox.tasks.length === 0)) return;
  for (let question = owed.shift(); question; question = owed.shift()) {
    const text = !mind.seen
      ? 'I have met none so far; go by your own.'
      : `${agrees(mind.seen) ? 'Yes' : 'No'}: I have ${mind.seen.mails} in the mails ${mind.seen.group}. ${evidence(mind.seen)}`;
    yield* tell(`${question.from} asks about the years.`, question.from, text, question.id);
  }
}

function* hear(mind: Mind, mail: MailLine): Scene {
  if (/does such a year count from 1900\?/.test(mail.text)) mind.owed.push(mail);
  else if (/^Rule: years like 0102 count from 1900/.test(mail.text)) mind.years = 'since-1900';
  else if (/^Rule: what years like 0102 mean cannot be told/.test(mail.text)) mind.years = 'undated';
  else if (mail.text === OUTSIDE_RULE) mind.outside = 'undated';
  else if (mind.asked && !mind.years && /^(Yes:|No:|I have met none)/.test(mail.text))
    yield* decideYears(mind, mail);
  else if (mail.from === 'user') {
    yield* tell('The user writes.', 'user', TO_USER, mail.id);
  }
}

function* settleOdd(mind: Mind, task: TaskLine): Scene {
  for (let waits = 1; (!mind.years || !mind.outside) && waits <= 5; waits++) {
    const missing = mind.years ? 'dates outside the years' : 'the short years';
    // Mail enters when the call is over.
    const command = `sleep 1 # for the rule on ${missing}, ${waits} of 5`;
    yield* insist(
      say(waits === 1 ? `${task.id} needs the rule on ${missing}; it must be under way.` : '').call('bash', {
        command,
      }),
    );
    yield* attend(mind, false);
  }
  // Nobody has answered, or nobody had to ask: the mails themselves and the job's own words decide.
  const years = mind.years ?? 'by-received';
  const found = yield* run(
    mind,
    task,
    `Odd years: ${years}. Dates outside 1995 to 2003: undated.`,
    `settle ${years} undated`,
  );
  if (!found) return;
  yield* settle(
    `${found.settled} settled, ${found.left} left loose.`,
    task,
    found.left === 0 ? 'completed' : 'failed',
    `${found.settled} mails settled: ${JSON.stringify(found.months)}.`,
    `${found.left} mails are left loose`,
  );
}

function* writeIndex(mind: Mind, task: TaskLine): Scene {
  const found = yield* run(mind, task, 'I bring the notes of all groups together.', 'index');
  if (!found) return;
  const { mails, months, undated } = found;
  yield* settle(
    `${mails} mails in the index.`,
    task,
    'completed',
    `${mails} mails in ${months} months, ${undated} undated.`,
    'mailbox.py index: each file once',
  );
}

function* writeDigests(mind: Mind, task: TaskLine, from: string, to: string): Scene {
  const found = yield* run(mind, task, `I read ${from} to ${to}.`, `digest ${from} ${to}`);
  if (!found) return;
  const { months, mails, wrong } = found;
  yield* settle(
    wrong.length === 0 ? 'All sizes are as they were.' : `${wrong.length} mails are not as they were!`,
    task,
    wrong.length === 0 ? 'completed' : 'failed',
    wrong.length === 0 ? `${months} digests of ${mails} mails.` : `Wrong: ${wrong.slice(0, 20).join(', ')}`,
    `${mails} sizes compared, ${wrong.length} differ`,
  );
}
