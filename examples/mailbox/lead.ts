import { readFileSync } from 'node:fs';
import { insist, type RehearsalAgent, say } from '../../src/model/rehearsal/script.ts';
import type { MailLine, TaskLine } from '../../src/model/rehearsal/turn.ts';
import { createTasks, granted, type Plan, quote, type Scene, tell, untilSettled } from '../rehearsing.ts';
import { OUTSIDE_RULE, program, TO_USER } from './team-rules.ts';

/** The program that the lead writes for the team. */
const PROGRAM = readFileSync(new URL('./mailbox.py', import.meta.url), 'utf8');

/** Groups of mails by the first letter of their names; about equally many in each. */
const GROUPS = ['0-2', '3-5', '6-7', '8-a', 'b-d', 'e-f'];
/** Months of one digest task each. */
const PERIODS = [
  ['1995-01', '2001-12'],
  ['2002-01', '2002-07'],
  ['2002-08', '2003-12'],
] as const;

/** The lead's part: looks, plans, answers, writes the overview, verifies, ends the job. */
export function* lead(agent: RehearsalAgent): Scene {
  const box = granted(agent);
  const plan = yield* planWork(agent, box);
  let ruled = false;
  const watch = {
    agent,
    *hear(mail: MailLine): Scene {
      if (/implausible/.test(mail.text) && !ruled) {
        ruled = true;
        const broadcast = { text: OUTSIDE_RULE, key: 'rule-outside' };
        yield* insist(say(`${mail.from} asks what all should know.`).call('broadcast', broadcast));
      } else if (mail.from === 'user') {
        yield* tell('The user writes.', 'user', TO_USER, mail.id);
      }
    },
  };
  const done = yield* untilSettled(watch, plan.before);
  yield* finish(agent, box, plan.overview, done);
}

function* planWork(agent: RehearsalAgent, box: string): Scene<{ before: string[]; overview: string }> {
  yield* insist(
    say(
      'A mailbox of loose mails. I write one program for all of us, so that every mail is dated by the same rules.',
    ).call('write', { file_path: `${box}/.team/mailbox.py`, content: PROGRAM }),
  );
  const look = yield* insist(
    say('Before I plan I look at what there is.').call('bash', program(box, 'survey')),
  );
  const { mails, dates } = look.results[0]?.json ?? {};
  if (!mails) throw new Error(`the survey failed: ${look.results[0]?.text}`);
  const years = dates.filter((date: string) => /\b0\d{3}\b/.test(date)).length;
  const sorting = yield* createTasks(
    `${mails} mails. Of ${dates.length} dates that I looked at, ${years} have a year like 0102; such mails are held back until we have a rule. I cut the sorting into ${GROUPS.length} tasks by the first letter of the names, so that no two touch the same mail.`,
    GROUPS.map(sortTask),
  );
  const [settling = ''] = yield* createTasks('What is held back is sorted once all groups are through.', [
    settleTask(sorting),
  ]);
  const [index = ''] = yield* createTasks('Then the index.', [indexTask(settling)]);
  const digests = yield* createTasks(
    'The digests need the index, and not one another.',
    PERIODS.map(digestTask(index)),
  );
  const [overview = ''] = yield* createTasks(
    `The overview is mine. That makes ${GROUPS.length + PERIODS.length + 3} tasks for ${agent.teammates.join(', ') || 'the team'} and me.`,
    [overviewTask(digests)],
  );
  return { before: [...sorting, settling, index, ...digests], overview };
}

function sortTask(group: string): Plan {
  return {
    subject: `Sort the mails ${group}`,
    description: `In the mailbox folder run \`python3 -I -S .team/mailbox.py sort ${group}\`. It moves the mails whose names begin with ${group.replace('-', ' to ')} to YYYY-MM/ or undated/ and holds back those with odd years. Touch no other mail. Done when the counts that it prints add up. Tell the others what is odd.`,
  };
}

function settleTask(sorting: string[]): Plan {
  return {
    subject: 'Settle the mails with odd years',
    description:
      'Years like 0102, and years outside 1995 to 2003, were held back. Once the team has a rule for both, run `python3 -I -S .team/mailbox.py settle YEARS OUTSIDE` (YEARS is since-1900 or undated, OUTSIDE is undated). Done when no mail is left loose.',
    depends_on: sorting,
  };
}

function indexTask(settling: string): Plan {
  return {
    subject: 'Write the index and the reasons',
    description:
      'Run `python3 -I -S .team/mailbox.py index`. It writes index.csv and undated/reasons.csv. Done when every mail stands in the index once.',
    depends_on: [settling],
  };
}

function digestTask(index: string) {
  return ([from, to]: readonly [string, string]): Plan => ({
    subject: `Write the digests ${from} to ${to}`,
    description: `Run \`python3 -I -S .team/mailbox.py digest ${from} ${to}\`. It writes YYYY-MM/digest.md for these months and compares the sizes of their mails with those before the move. Done when nothing is wrong.`,
    depends_on: [index],
  });
}

function overviewTask(digests: string[]): Plan {
  return {
    subject: 'Write the overview and verify the whole',
    description: 'overview.md with a chart of the mails per month; then compare folders and index.',
    depends_on: digests,
    owner: 'lead',
  };
}

function* finish(agent: RehearsalAgent, box: string, overview: string, done: TaskLine[]): Scene {
  const failed = done.filter(({ state }) => state !== 'completed');
  if (failed.length > 0) {
    const names = failed.map(({ id, subject, result }) => `${id} (${subject}): ${result}`).join('; ');
    yield say('Not all went well; I end here.').call('finish_job', {
      summary: `Not done. Failed: ${names}`,
      force: true,
    });
    return;
  }
  yield* insist(say('All parts are in. Now mine.').call('task_claim', { id: overview }));
  const { command } = program(box, 'overview');
  const { results } = yield* insist(
    say('I write the overview, then compare every folder with the index.').call('bash', {
      command: `${command} && python3 -I -S .team/mailbox.py verify`,
    }),
  );
  const [facts, verified] = results[0]?.text.split('\n').map((line) => JSON.parse(line)) ?? [];
  const counts = `${facts.mails} mails: ${facts.mails - facts.undated} in ${facts.months} months, ${facts.undated} undated`;
  const state = verified.ok ? 'completed' : 'failed';
  yield* insist(
    say(verified.ok ? `Folders and index agree: ${counts}.` : 'Folders and index do not agree.')
      .call('task_update', { id: overview, state, result: counts, evidence: JSON.stringify(verified) })
      .call('bash', { command: `rm -rf ${quote(`${box}/.team`)}` }),
  );
  yield* insist(
    say('The job is done.').call('finish_job', {
      summary: summary(agent, facts, counts, done),
      force: !verified.ok,
    }),
  );
  yield say('Finished.');
}

function summary(
  agent: RehearsalAgent,
  facts: { fullest: [string, number]; reasons: object },
  counts: string,
  done: TaskLine[],
): string {
  const shares = agent.teammates.map(
    (name) => `${name} did ${done.filter(({ owner }) => owner === name).length}`,
  );
  const reasons = Object.entries(facts.reasons).map(([reason, count]) => `${count} ${reason}`);
  return [
    `${counts} (${reasons.join(', ') || 'none'}). The fullest month is ${facts.fullest[0]} with ${facts.fullest[1]}.`,
    'Years like 0102 were read as counted from 1900, which the Received lines of all such mails confirm.',
    `Of the tasks ${shares.join(', ')}; the overview is the lead's. Look at overview.md, index.csv, the digests and undated/reasons.csv.`,
  ].join(' ');
}
