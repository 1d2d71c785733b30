import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { type Asked, type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';
import { fixture, type TestTeam, teamOn } from '../support/team.ts';

type AtEnd = (work: () => Promise<void>) => void;

const KEY = 'sk-ant-the-key-of-this-test-0123456789';
const TOKEN = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A lead that gives ada a task and answers her mail; ada counts, and the lead gets to see a token on the way. */
function model({ agent, number, all, last, body }: Asked): Said {
  const folder = /- (\/\S+) \(you may/.exec(body.system?.[0]?.text ?? '')?.[1] ?? '';
  if (agent === 'lead') {
    const mail = /MAIL \{"id":"(\w{26})","from":"ada","kind":"message","text":"How/.exec(all)?.[1];
    if (last.includes('"type":"task_completed"'))
      return { text: 'So.', calls: [['finish_job', { summary: 'Counted.' }]] };
    if (last.includes('How many?'))
      return { calls: [['send_message', { to: 'ada', text: 'All of them.', reply_to: mail ?? '' }]] };
    if (number > 1) return { text: 'I wait.' };
    const task = { subject: 'Count', description: 'Count the words.', owner: 'ada', key: 'count' };
    const calls: Said['calls'] = [
      ['bash', { command: `printf "ghp_%s\\n" ${TOKEN}; date; echo $(( 6 * 7 ))` }],
      ['task_create', task],
    ];
    return { text: 'I plan.', calls };
  }
  if (last.includes('All of them'))
    return {
      text: 'I count.',
      calls: [['bash', { command: `wc -w < ${folder}/words.txt | tee ${folder}/count.txt` }]],
    };
  if (/^\s*\d+\s*$/.test(last))
    return {
      calls: [['task_update', { id: 't1', state: 'completed', result: last.trim(), evidence: 'wc -w' }]],
    };
  if (number === 1)
    return { text: 'First I ask.', calls: [['send_message', { to: 'lead', text: 'How many?' }]] };
  return { text: 'I wait for an answer, or am done.' };
}

/** Records the team of this model; gives the file. */
async function record(
  onTestFinished: AtEnd & ((work: () => void) => void),
): Promise<{ file: string; folder: string }> {
  const server = await serveStrictly(model, onTestFinished);
  const desk = openDesk(onTestFinished);
  const file = join(desk.tmp, 'traffic.jsonl');
  const team = await launchOn(server, ['--teammates', '1', '--record', file], onTestFinished, ({ env }) => {
    env.ANTHROPIC_API_KEY = KEY;
  });
  expect((await toItsEnd(team)).status).toMatchObject({ state: 'done', summary: 'Counted.' });
  expect(server.refused).toEqual([]);
  return { file, folder: team.folder };
}

/** Plays a recording on another desk, where nobody has a key or a server. */
async function play(file: string, words: string, onTestFinished: AtEnd): Promise<TestTeam> {
  const desk = openDesk(onTestFinished);
  writeFileSync(join(desk.folder, 'words.txt'), words);
  const { team, dir } = await desk.json<{ team: string; dir: string }>(
    ...['launch', 'Do it', '--rehearsal', file, '--sandbox', 'none', '--grant', desk.folder],
    ...['--teammates', '1'],
  );
  return teamOn(desk, team, dir);
}

test.concurrent('a recorded team plays again elsewhere, with the ids and folders of there, and holds no secret', async ({
  onTestFinished,
}) => {
  const { file, folder } = await record(onTestFinished);
  const text = readFileSync(file, 'utf8');
  for (const secret of [KEY, `ghp_${TOKEN}`, folder]) expect(text).not.toContain(secret);
  expect(text).toContain('[secret removed]');
  expect(text).toContain('<grant mine>/words.txt');
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');

  const team = await play(file, 'one two three four\n', onTestFinished);
  const { status } = await toItsEnd(team);
  expect(status).toMatchObject({ state: 'done', summary: 'Counted.', rehearsal: file });
  expect(readFileSync(join(team.folder, 'count.txt'), 'utf8').trim()).toBe('4');
  const [question] = await team.mail({ agent: 'lead', from: 'ada' });
  const [answer] = await team.mail({ agent: 'ada', from: 'lead' });
  expect(answer?.replyTo).toBe(question?.id);
});

test.concurrent('a recording that no longer matches what the agents do says where', async ({
  onTestFinished,
}) => {
  const { file } = await record(onTestFinished);
  const team = await play(file, 'one two three\n', onTestFinished);
  const ada = await eventually(
    'ada to fail',
    async () => (await team.status()).agents.find(({ name, state }) => name === 'ada' && state === 'failed'),
    40_000,
  );
  expect(ada.reason).toMatch(
    /The recording and the team differ at message \d+ of ada: bash .*count\.txt.* gives "3", and gave "4"/,
  );
});

test.concurrent('a script is recorded, too, and a recording is never written over', async ({
  onTestFinished,
}) => {
  const desk = openDesk(onTestFinished);
  const file = join(desk.tmp, 'script.jsonl');
  writeFileSync(join(desk.folder, 'words.txt'), 'one two three four\n');
  const launch = (script: string, ...flags: string[]) => [
    ...['launch', 'Count', '--rehearsal', script, '--sandbox', 'none', '--grant', desk.folder],
    ...['--teammates', '1', ...flags],
  ];
  const first = await desk.json<{ team: string; dir: string }>(...launch(fixture('count'), '--record', file));
  const ended = await toItsEnd(teamOn(desk, first.team, first.dir));
  const again = await desk.json<{ team: string; dir: string }>(...launch(file));
  const { status } = await toItsEnd(teamOn(desk, again.team, again.dir));
  expect(status).toMatchObject({ state: 'done', summary: ended.status.summary, tasks: ended.status.tasks });
  expect(await desk.refusal(...launch(file, '--record', file))).toMatchObject({ exit: 2, code: 'USAGE' });
  expect(await desk.refusal(...launch(file, '--record', join(desk.tmp, 'no', 'such')))).toMatchObject({
    exit: 2,
  });
});
