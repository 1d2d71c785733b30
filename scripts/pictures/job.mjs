// The team of the pictures: a script plays the models, everything else is real. It works for as long as the pictures take, and ends by being stopped.
import { call, defineRehearsal, say } from '../../src/model/rehearsal/script.ts';
import { months, RECEIPTS } from './receipts.mjs';

const TASKS = [
  ['Sort the receipts by month', 'ada'],
  ['Check the sums against the bank', 'ben'],
  ['List what is missing', 'cleo'],
  ['Write the summary', 'lead'],
];

const SORT = `import pathlib, re, sys
folder = pathlib.Path(sys.argv[1])
for file in sorted(folder.glob('*.txt')):
    month = re.search(r'20\\d\\d-\\d\\d', file.read_text()).group()
    (folder / month).mkdir(exist_ok=True)
    file.rename(folder / month / file.name)
`;

const TABLE = `month,receipts,sum\n${months()
  .map(({ month, count, sum }) => `${month},${count},${sum}\n`)
  .join('')}`;

const MISSING = `# What is missing

Nothing between 1 and 24. **receipt-13** has no year: it was scanned in March 2026, and the bank has it on the 17th.

| receipt | what is odd | what was done |
|---|---|---|
| 13 | no date | filed under March |
| 4, 9, 21 | in Swiss francs | left as they are |
`;

const SUM = RECEIPTS.reduce((sum, { total }) => sum + total, 0).toFixed(2);

function* sortReceipts({ path, end }) {
  yield say('I look at what is there before I move anything.').call('bash', {
    command: `ls ${path} | wc -l; cat ${path}/receipt-07.txt`,
  });
  yield say('The dates stand in the second line. I write a small program for it.').call('write', {
    file_path: 'sort.py',
    content: SORT,
  });
  yield call('bash', { command: `python3 -I -S sort.py ${path}` });
  yield say('One receipt has no year. It goes by the day on which it was scanned.').call('edit', {
    file_path: 'sort.py',
    old_string: "    month = re.search(r'20\\d\\d-\\d\\d', file.read_text()).group()",
    new_string:
      "    found = re.search(r'20\\d\\d-\\d\\d', file.read_text())\n    month = found.group() if found else '2026-03'  # scanned then",
  });
  yield call('bash', { command: `python3 -I -S sort.py ${path} && ls ${path}` });
  yield call('send_message', {
    to: 'ben',
    text: 'receipt-13 has no year; I took March 2026. Does the bank agree?',
  });
  yield call('write', { file_path: 'months.csv', content: TABLE });
  yield call('present', { path: 'months.csv', title: 'Receipts by month' });
  const rows = months().map(({ month, count, sum }) => `| ${month} | ${count} | ${sum} |`);
  yield end(
    say(
      `## Sorted\n\n| month | receipts | sum |\n|---|---|---|\n${rows.join('\n')}\n\n- **23** went by their date, \`receipt-13\` by the day on which it was scanned\n- nothing was deleted`,
    ),
  );
}

function* checkSums({ path, end }) {
  yield say('I add up what the receipts say.').call('bash', {
    command: `grep -rh Total ${path} | awk '{ sum += $2 } END { print sum }'`,
  });
  yield end(say(`The bank has **${SUM}**, and so have the receipts.`));
}

function* listMissing({ path, end }) {
  yield say('They are numbered from 1.').call('bash', { command: `find ${path} -name '*.txt' | wc -l` });
  yield call('write', { file_path: 'missing.md', content: MISSING });
  yield call('present', { path: 'missing.md', title: 'What is missing' });
  yield call('request_access', {
    kind: 'host',
    target: 'rates.example.org',
    why: 'Three receipts are in Swiss francs; the rates of their days are there.',
  });
  yield end(
    say('> Nothing is missing between 1 and 24.\n\n1. `receipt-13` has no year\n2. the others are *whole*'),
  );
}

const PARTS = { ada: sortReceipts, ben: checkSums, cleo: listMissing };

export default defineRehearsal({
  title: 'Receipts',
  paceMs: 40,
  *lead() {
    for (const [index, [subject, owner]] of TASKS.entries())
      yield call('task_create', { subject, description: subject, owner, key: `t${index}` });
    yield say(
      '## Plan\n- **ada** sorts the receipts by month\n- **ben** checks the sums against the bank\n- **cleo** lists what is missing\n\nI write the summary when they are done.',
    );
    for (;;) yield say('Good. I wait for cleo.');
  },
  *teammate(agent) {
    for (;;) {
      const task = agent.inbox.tasks.shift();
      const mail = agent.inbox.mail.shift();
      if (task !== undefined) {
        const settle = ['task_update', { id: task.id, state: 'completed', result: RESULTS[agent.name] }];
        const last = agent.name === 'cleo' ? ['bash', { command: 'sleep 100' }] : settle;
        yield* PARTS[agent.name]({ path: agent.grants[0].path, end: (step) => step.call(...last) });
        // A call has two minutes; cleo is at work for as long as the pictures take.
        for (let n = 0; agent.name === 'cleo' && n < 10; n++) yield call('bash', { command: 'sleep 100' });
        yield say('Done.');
      } else if (mail?.from === 'ada') {
        const text = 'Yes: 17 March, at the station. March it is.';
        yield call('send_message', { to: 'ada', text, reply_to: mail.id });
        yield say('Answered.');
      } else yield say('Thank you.');
    }
  },
});

const RESULTS = {
  ada: '24 receipts in three months',
  ben: `the bank has ${SUM}, too`,
  cleo: 'nothing is missing',
};
