import { readFileSync } from 'node:fs';
import { defineRehearsal, insist, type RehearsalAgent, say } from '../../src/model/rehearsal/script.ts';
import type { MailLine, TaskLine } from '../../src/model/rehearsal/turn.ts';
import {
  createTasks,
  type Plan,
  quote,
  type Scene,
  serve,
  settle,
  tell,
  untilSettled,
} from '../rehearsing.ts';
import { untilDone } from './until-done.ts';

/** The programs that the lead writes for the team. */
const PROGRAMS = ['reading.py', 'making.py'].map((name) => ({
  name,
  content: readFileSync(new URL(`./${name}`, import.meta.url), 'utf8'),
}));

/** Scripts of the skills for documents, as the plugin brings them. */
const SKILLS = '/plugins/documents/scripts';

/** Parts that are read side by side: mails by the first letter of their names, addresses by their years. */
const PARTS = [
  'mails 0-3',
  'mails 4-7',
  'mails 8-b',
  'mails c-f',
  'addresses 1790-1859',
  'addresses 1860-1929',
  'addresses 1930-2021',
];

const SENDER_RULE =
  'Rule: a mail whose sender is no address counts by month, by domain among all others, and is listed under Problems as it is written. Nobody guesses.';

/** The tasks that make something: what runs in the folder of the reports, and what tells that it went well. */
const MAKING: Record<string, { steps: readonly string[]; done: RegExp; says: (said: string) => string }> = {
  'Make the workbook': {
    steps: [
      'python3 -I .team/making.py workbook',
      `${SKILLS}/recalculate.sh .team/raw.xlsx archive.xlsx`,
      `python3 ${SKILLS}/office.py errors archive.xlsx`,
      'python3 -I .team/making.py verify',
    ],
    done: /"ok": true/,
    says: (said) => {
      const { mails, copies, addresses, words } = JSON.parse(said.trim().split('\n')[0] ?? '{}');
      return `archive.xlsx: ${mails} mails without ${copies} copies, ${addresses} addresses of ${words} words; all values as counted in Python.`;
    },
  },
  'Make the deck': {
    steps: [
      'python3 -I .team/making.py deck',
      'pandoc --slide-level=2 --resource-path=.team .team/deck.md -o archive.pptx',
      `${SKILLS}/look.sh archive.pptx /workspace/slides`,
    ],
    done: /page-7\.png/,
    says: (said) => `archive.pptx: ${said.match(/\.png/g)?.length} slides, each looked at.`,
  },
  'Make the PDF': {
    steps: [
      'python3 -I .team/making.py report',
      'qpdf --check archive.pdf',
      `${SKILLS}/look.sh archive.pdf /workspace/pages`,
    ],
    done: /page-2\.png/,
    says: (said) => `archive.pdf: ${said.match(/\.png/g)?.length} pages, each looked at.`,
  },
};

export default defineRehearsal({
  title: 'Report on an archive',

  *lead(agent) {
    const { reports } = folders(agent);
    for (const { name, content } of PROGRAMS) {
      const file = { file_path: `${reports}/.team/${name}`, content };
      yield* insist(say(`We count and write with the same programs: ${name}.`).call('write', file));
    }
    const plan = yield* planWork();
    let ruled = false;
    const watch = {
      agent,
      *hear(mail: MailLine): Scene {
        if (!/do they count\?$/.test(mail.text) || ruled) return;
        ruled = true;
        const rule = { text: SENDER_RULE, key: 'rule-sender' };
        yield* insist(say(`${mail.from} asks what the job says; all should know.`).call('broadcast', rule));
      },
    };
    yield* finish(agent, plan.own, yield* untilSettled(watch, plan.before));
  },

  *teammate(agent) {
    yield* serve({ agent, attend: () => attend(agent), perform: (task) => perform(agent, task) });
  },
});

/** Where the agent sees the archive and the reports. */
function folders({ grants }: RehearsalAgent): { archive: string; reports: string } {
  const at = (name: string): string => {
    const grant = grants.find((each) => each.name === name);
    if (!grant) throw new Error(`this rehearsal needs a granted folder named ${name}`);
    return grant.path;
  };
  return { archive: at('archive'), reports: at('reports') };
}

function* planWork(): Scene<{ before: string[]; own: string }> {
  const reading = yield* createTasks(
    'Mails and addresses can be read side by side.',
    PARTS.map((part) => ({
      subject: `Read the ${part}`,
      description: `Run \`python3 -I -S .team/reading.py ${part} ARCHIVE\` in the folder of the reports. Done when it prints the counts; tell me what is wrong in them.`,
    })),
  );
  const making = (subject: string, depends_on: string[]): Plan => ({
    subject,
    description: `By the skills for documents: ${MAKING[subject]?.steps.map((step) => `\`${step}\``).join(', ')}. Look at every page.`,
    depends_on,
  });
  const [book = ''] = yield* createTasks('The workbook first: all figures come from it.', [
    making('Make the workbook', reading),
  ]);
  const texts = yield* createTasks('Deck and PDF take theirs from there.', [
    making('Make the deck', [book]),
    making('Make the PDF', [book]),
  ]);
  const [own = ''] = yield* createTasks('I compare the three.', [
    {
      subject: 'Compare the three and present them',
      description: 'The same figures in all three; then clear up.',
      depends_on: texts,
      owner: 'lead',
    },
  ]);
  return { before: [...reading, book, ...texts], own };
}

function* finish(agent: RehearsalAgent, own: string, done: TaskLine[]): Scene {
  const failed = done.filter(({ state }) => state !== 'completed');
  if (failed.length > 0) {
    const summary = `Not done. Failed: ${failed.map(({ id, subject, result }) => `${id} (${subject}): ${result}`).join('; ')}`;
    yield say('Not all went well; I end here.').call('finish_job', { summary, force: true });
    return;
  }
  const { reports } = folders(agent);
  yield* insist(say('All three are there.').call('task_claim', { id: own }));
  const command = `cd ${quote(reports)} && python3 -I .team/making.py verify && python3 ${SKILLS}/office.py text archive.pptx && pdftotext -layout archive.pdf -`;
  const { results } = yield* insist(say('Do they say the same?').call('bash', { command }));
  const [first = '{}', ...rest] = (results[0]?.text ?? '').split('\n');
  const facts = first.startsWith('{') ? JSON.parse(first) : {};
  const text = rest.join('\n').replaceAll(/(?<=\d),(?=\d{3})/g, '');
  const missing = [facts.mails, facts.copies, facts.inMonth, facts.addresses, facts.words].filter(
    (number) => text.split(new RegExp(`\\b${number}\\b`)).length < 3, // once in each
  );
  const isSame = facts.ok === true && missing.length === 0;
  const counts = `${facts.mails} mails without ${facts.copies} copies, ${facts.addresses} addresses of ${facts.words} words`;
  const update = { id: own, state: isSame ? 'completed' : 'failed', result: counts, evidence: first };
  yield* insist(say(isSame ? 'They do.' : `They do not: ${missing.join(', ')}.`).call('task_update', update));
  const present = (name: string, title: string) => ({ path: `${reports}/${name}`, title });
  yield* insist(
    say('To be seen.')
      .call('present', present('archive.xlsx', 'The archive as a workbook'))
      .call('present', present('archive.pptx', 'The archive as a deck'))
      .call('present', present('archive.pdf', 'The archive as a report'))
      .call('bash', { command: `rm -rf ${quote(`${reports}/.team`)}` }),
  );
  const problems = `${facts.copies} copies, ${facts.noSender} mails without sender and ${facts.undated} undated ones are listed on the sheet Problems and at the end of the PDF`;
  yield* insist(
    say('The job is done.').call('finish_job', { summary: `${counts}; ${problems}.`, force: !isSame }),
  );
  yield say('Finished.');
}

// A teammate

function* perform(agent: RehearsalAgent, task: TaskLine): Scene<boolean> {
  const reading = /^Read the ((?:mails|addresses) [\da-f-]+)$/.exec(task.subject)?.[1];
  const making = MAKING[task.subject];
  if (reading) yield* readArchive(agent, task, reading);
  else if (making) yield* make(agent, task, making);
  else return false;
  return true;
}

function* readArchive(agent: RehearsalAgent, task: TaskLine, what: string): Scene {
  const { archive, reports } = folders(agent);
  const command = `cd ${quote(reports)} && python3 -I -S .team/reading.py ${what} ${quote(archive)}`;
  const { results } = yield* insist(say(`I take ${task.id}.`).call('bash', { command }));
  const found = results[0]?.json;
  if (!found) {
    yield* settle('That did not work.', task, 'failed', results[0]?.text.slice(-2000) ?? 'no result');
    return;
  }
  const says =
    found.mails !== undefined
      ? `${found.mails} mails in ${found.months} folders; ${found.noSender.length} without sender, ${found.undated} undated`
      : `${found.addresses} addresses, ${found.words} words, ${found.eras} eras`;
  yield* settle(`${says}.`, task, 'completed', `${says}.`, JSON.stringify(found).slice(0, 500));
  if (found.noSender?.length > 0) {
    const [file, written] = found.noSender[0];
    yield* tell(
      'Not all of them are as they should be.',
      'lead',
      `Of the ${what}, ${found.noSender.length} have no sender that is an address: ${file} says ${JSON.stringify(written)}. In the sums, do they count?`,
    );
  }
}

/** One command a call: a conversion takes its time, and a call has two minutes. */
function* make(agent: RehearsalAgent, task: TaskLine, { steps, done, says }: (typeof MAKING)[string]): Scene {
  const { reports } = folders(agent);
  let said = '';
  for (const step of steps) {
    const command = `cd ${quote(reports)} && ${step}`;
    const { results } = yield* untilDone('', command);
    said = results[0]?.text ?? 'no result';
    if (results[0]?.isError) {
      yield* settle('That did not work.', task, 'failed', said.slice(-2000));
      return;
    }
  }
  const isDone = done.test(said);
  yield* settle(
    isDone ? 'That is as it should be.' : 'Something is missing.',
    task,
    isDone ? 'completed' : 'failed',
    isDone ? says(said) : said.slice(-500),
    steps.at(-1),
  );
}

function* attend(agent: RehearsalAgent): Scene {
  for (let mail = agent.inbox.mail.shift(); mail; mail = agent.inbox.mail.shift()) {
    if (mail.from !== 'user') continue;
    const answer = 'I have read it; but this is a rehearsal, and I can only play my part.';
    yield* tell('The user writes.', 'user', answer, mail.id);
  }
}
