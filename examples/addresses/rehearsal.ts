import { readFileSync } from 'node:fs';
import { defineRehearsal, insist, type RehearsalAgent, say } from '../../src/model/rehearsal/script.ts';
import type { MailLine, TaskLine } from '../../src/model/rehearsal/turn.ts';
import {
  createTasks,
  granted,
  type Plan,
  quote,
  type Scene,
  serve,
  settle,
  tell,
  untilSettled,
} from '../rehearsing.ts';

/** The program that the lead writes for the team. */
const PROGRAM = readFileSync(new URL('./addresses.py', import.meta.url), 'utf8');

const ERAS = ['founding', 'expansion', 'civil-war', 'industry', 'world-wars', 'cold-war', 'today'];

const MEDIAN_RULE =
  'Rule: the digests give the median length of an address, not the mean. A single long one must not mislead.';

export default defineRehearsal({
  title: 'Compare addresses by era',

  *lead(agent) {
    const folder = granted(agent);
    const plan = yield* planWork(folder);
    let ruled = false;
    const watch = {
      agent,
      *hear(mail: MailLine): Scene {
        if (/mean or median\?$/.test(mail.text) && !ruled) {
          ruled = true;
          const rule = { text: MEDIAN_RULE, key: 'rule-median' };
          yield* insist(
            say(`${mail.from} is right, and all digests should do the same.`).call('broadcast', rule),
          );
        }
      },
    };
    const done = yield* untilSettled(watch, plan.before);
    yield* finish({ agent, folder, comparison: plan.comparison, done });
  },

  *teammate(agent) {
    const mind: Mind = { agent, folder: granted(agent), measure: undefined, asked: false };
    yield* serve({ agent, attend: () => attend(mind), perform: (task) => perform(mind, task) });
  },
});

function program(folder: string, args: string): string {
  return `cd ${quote(folder)} && python3 -I -S .team/addresses.py ${args}`;
}

// The lead

function* planWork(folder: string): Scene<{ before: string[]; comparison: string }> {
  const file = { file_path: `${folder}/.team/addresses.py`, content: PROGRAM };
  yield* insist(
    say('We all must count words the same way, so I write one program for it.').call('write', file),
  );
  const look = yield* insist(say('What is there?').call('bash', { command: program(folder, 'survey') }));
  const { addresses, first, last, twice } = look.results[0]?.json ?? {};
  if (!addresses) throw new Error(`the survey failed: ${look.results[0]?.text}`);
  const counting = yield* createTasks(
    `${addresses} addresses from ${first} to ${last}; ${twice.join(' and ')} have two each. The eras can be counted side by side.`,
    ERAS.map(
      (era): Plan => ({
        subject: `Count the words of the era ${era}`,
        description: `Run \`python3 -I -S .team/addresses.py count ${era}\` in the folder of the addresses. Done when it prints the counts; report them, and what is odd.`,
      }),
    ),
  );
  const [totals = ''] = yield* createTasks('What is particular to an era shows only against all others.', [
    {
      subject: 'Add up the words of all eras',
      description: 'Run `python3 -I -S .team/addresses.py totals`. Done when the sum is that of the eras.',
      depends_on: counting,
    },
  ]);
  const digests = yield* createTasks(
    'Then one digest for each era.',
    ERAS.map(
      (era): Plan => ({
        subject: `Write the digest of the era ${era}`,
        description: `Run \`python3 -I -S .team/addresses.py digest ${era} MEASURE\`, MEASURE being mean or median as the team has agreed. Done when eras/${era}/digest.md is there.`,
        depends_on: [totals],
      }),
    ),
  );
  const [comparison = ''] = yield* createTasks('I compare them myself.', [
    {
      subject: 'Compare the eras',
      description: 'comparison.csv, comparison.md, chart.svg.',
      depends_on: digests,
      owner: 'lead',
    },
  ]);
  return { before: [...counting, totals, ...digests], comparison };
}

interface Ending {
  agent: RehearsalAgent;
  folder: string;
  comparison: string;
  done: TaskLine[];
}

function* finish({ agent, folder, comparison, done }: Ending): Scene {
  const failed = done.filter(({ state }) => state !== 'completed');
  if (failed.length > 0) {
    const summary = `Not done. Failed: ${failed.map(({ id, subject, result }) => `${id} (${subject}): ${result}`).join('; ')}`;
    yield say('Not all went well; I end here.').call('finish_job', { summary, force: true });
    return;
  }
  yield* insist(say('All digests are in.').call('task_claim', { id: comparison }));
  const command = `${program(folder, 'comparison median')} && python3 -I -S .team/addresses.py verify`;
  const { results } = yield* insist(
    say('I compare the eras and verify the counts.').call('bash', { command }),
  );
  const [facts, verified] = results[0]?.text.split('\n').map((line) => JSON.parse(line)) ?? [];
  const counts = `${facts.addresses} addresses of ${facts.words} words in ${facts.eras} eras`;
  const state = verified.ok ? 'completed' : 'failed';
  yield* insist(
    say(`${counts}.`)
      .call('task_update', { id: comparison, state, result: counts, evidence: JSON.stringify(verified) })
      .call('bash', { command: `rm -rf ${quote(`${folder}/.team`)}` }),
  );
  const shares = agent.teammates.map(
    (name) => `${name} did ${done.filter(({ owner }) => owner === name).length}`,
  );
  const summary = `${counts}, ${verified.digests} digests. Of the tasks ${shares.join(', ')}; the comparison is the lead's. Look at comparison.md and eras/*/digest.md.`;
  yield* insist(say('The job is done.').call('finish_job', { summary, force: !verified.ok }));
  yield say('Finished.');
}

// A teammate

interface Mind {
  agent: RehearsalAgent;
  folder: string;
  /** How a typical length is said, once that is decided. */
  measure: 'median' | undefined;
  asked: boolean;
}

function* perform(mind: Mind, task: TaskLine): Scene<boolean> {
  const count = /^Count the words of the era ([a-z-]+)$/.exec(task.subject)?.[1];
  const digest = /^Write the digest of the era ([a-z-]+)$/.exec(task.subject)?.[1];
  if (count) yield* countEra(mind, task, count);
  else if (digest) yield* writeDigest(mind, task, digest);
  else if (/^Add up the words/.test(task.subject)) {
    const found = yield* run(mind, task, 'I add the eras up.', 'totals');
    if (found)
      yield* settle(
        `${found.words} words.`,
        task,
        'completed',
        `${found.words} words, ${found.different} different ones.`,
      );
  } else return false;
  return true;
}

/** Runs the program; a task whose program fails is failed with what it said. */
// biome-ignore lint/suspicious/noExplicitAny: the program's own JSON, read as it is
function* run({ folder }: Mind, task: TaskLine, text: string, args: string): Scene<any> {
  const { results } = yield* insist(say(text).call('bash', { command: program(folder, args) }));
  const [result] = results;
  if (result && !result.isError && result.json) return result.json;
  yield* settle('That did not work.', task, 'failed', result?.text.slice(-2000) ?? 'no result');
  return undefined;
}

function* countEra(mind: Mind, task: TaskLine, era: string): Scene {
  const found = yield* run(mind, task, `I take ${task.id}: ${era}.`, `count ${era}`);
  if (!found) return;
  const { addresses, words, longest, mean, median } = found;
  const [file, length] = longest;
  yield* settle(
    `${words} words in ${addresses} addresses.`,
    task,
    'completed',
    `${addresses} addresses, ${words} words; mean ${mean}, median ${median}; the longest is ${file} with ${length}.`,
  );
  yield* attend(mind);
  if (length > 2 * median && !mind.measure && !mind.asked) {
    mind.asked = true;
    yield* tell(
      'One address stands out.',
      'lead',
      `In ${era}, ${file} has ${length} words, the middle one ${median}, and the mean is ${mean}. What should the digests give, mean or median?`,
    );
  }
}

function* writeDigest(mind: Mind, task: TaskLine, era: string): Scene {
  // Without an answer the job's own words decide: a few long addresses must not mislead.
  const measure = mind.measure ?? 'median';
  const found = yield* run(
    mind,
    task,
    `${task.id}: what is particular to ${era}?`,
    `digest ${era} ${measure}`,
  );
  if (!found) return;
  const words = found.particular.join(', ');
  yield* settle(
    `Particular to it: ${words}.`,
    task,
    'completed',
    `${found.presidents} presidents; particular words: ${words}.`,
  );
}

function* attend(mind: Mind): Scene {
  const { agent } = mind;
  for (let mail = agent.inbox.mail.shift(); mail; mail = agent.inbox.mail.shift()) {
    if (mail.text === MEDIAN_RULE) mind.measure = 'median';
    else if (mail.from === 'user') {
      yield* tell(
        'The user writes.',
        'user',
        'I have read it; but this is a rehearsal, and I can only play my part.',
        mail.id,
      );
    }
  }
}
