import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { upgradeTeam } from '../../src/supervisor/upgrade/upgrade.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { readAgentRecord } from '../../src/team/agent-record.ts';
import { readAlerts } from '../../src/team/alerts.ts';
import { readLedger } from '../../src/team/ledger.ts';
import { backupFolder, teamFile } from '../../src/team/paths.ts';
import { readTeam } from '../../src/team/team.ts';
import { injectFaults } from '../store/support/faults.ts';
import { hashFolder } from '../store/support/hash-folder.ts';
import { type Desk, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { serveStrictly } from '../support/strict/server.ts';

// `test/fixtures/formats/N` is the folder of a team that the program of that time left behind, without logs and recordings.
const script = join(import.meta.dirname, '../../scripts/conformance.mjs');
const check = (dir: string) => spawnSync(process.execPath, [script, dir], { encoding: 'utf8' });

/** Lays the team of a format into a home of its own, with the rights that git does not keep. */
function teamOf(format: string): { desk: Desk; dir: string } {
  const desk = openDesk();
  const dir = join(desk.home, 'teams', `format-${format}`);
  mkdirSync(join(desk.home, 'teams'), { recursive: true });
  cpSync(join(import.meta.dirname, '../fixtures/formats', format), dir, { recursive: true });
  for (const path of globSync('**/*', { cwd: dir })) {
    const file = join(dir, path);
    chmodSync(file, statSync(file).isDirectory() ? 0o700 : 0o600);
  }
  return { desk, dir };
}

describe.each(['1', '2'])('a team that was made with format %s', (format) => {
  it('is read as it was, by every command, and the check of its folder finds nothing', async () => {
    const { desk, dir } = teamOf(format);
    expect(check(dir)).toMatchObject({ status: 0, stdout: expect.stringMatching(/, 0 problems\n$/) });
    expect(await desk.json('status')).toMatchObject({
      state: 'done',
      summary: 'The words are counted.',
      agents: ['lead', 'ada', 'ben', 'cleo'].map((name) => ({ name, state: 'stopped' })),
    });
    const tasks = await desk.json<{ state: string; owner: string }[]>('tasks');
    expect(tasks.length).toBeGreaterThan(0);
    expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(['completed']));
    const { stdout, code } = await desk.cowork(['mail', '--json']);
    expect(code).toBe(0);
    const mail = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(mail.length).toBeGreaterThan(2);
    expect(new Set(mail.map(({ from }) => from))).toContain('lead');
    expect((await desk.cowork(['mail', '--timeline'])).stdout).toContain('life 1 begins');
    expect(readTeam(dir).name).not.toBe('');
    expect(readLedger(dir).length).toBeGreaterThan(4);
    expect(readAlerts(dir)).toEqual([]);
  });

  it('goes on where it was: places, ids and states follow on, over full segments, and stay so for whoever reads anew', async () => {
    const { dir } = teamOf(format);
    const backend = openFileBackend(dir, { durable: false, segmentBytes: 1500 });
    const mailbox = openMailbox(dir, { backend });
    const before = await mailbox.log({ agent: 'ada' });
    for (let i = 1; i <= 12; i++)
      await mailbox.send({ from: 'user', to: 'ada', text: `more ${i}`, incarnation: 0 });
    await mailbox.compact();
    const tasks = openTaskList(dir, { backend });
    const known = await tasks.list();
    const made = await tasks.create({ by: 'user', incarnation: 0, subject: 'one more' });
    expect(made.id).toBe(`t${known.length + 1}`);
    expect(await tasks.claim({ by: 'ada', incarnation: 9 })).toMatchObject({ won: true });

    const anew = openFileBackend(dir);
    const after = await openMailbox(dir, { backend: anew }).log({ agent: 'ada' });
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.map(({ seq }) => seq)).toEqual(after.map((_, i) => i + 1));
    expect(after.slice(before.length).map(({ text }) => text)).toEqual(
      Array.from({ length: 12 }, (_, i) => `more ${i + 1}`),
    );
    expect(await openMailbox(dir, { backend: anew }).log({ agent: 'ada', last: 1 })).toMatchObject([
      { text: 'more 12', state: 'queued' },
    ]);
    expect((await openTaskList(dir, { backend: anew }).list()).slice(0, known.length)).toEqual(known);
    expect(check(dir).status).toBe(0);
  });
});

describe.each(['1', '2'])('a team that was made with format %s and goes on', (format) => {
  it('is brought to the format of today by resume, with a copy of what changed; its mail, tasks and conversations are there, and it works on', async () => {
    const { desk, dir } = teamOf(format);
    const team = `format-${format}`;
    const old = JSON.parse(readFileSync(teamFile(dir), 'utf8'));
    // A model of today plays what a script played then, and its folders are elsewhere.
    const server = await serveStrictly(() => ({ text: 'I go on.' }), onTestFinished);
    desk.env.ANTHROPIC_BASE_URL = server.url;
    const here = {
      ...{
        rehearsal: null,
        name: team,
        images: desk.home,
        grants: [{ ...old.grants[0], path: desk.folder }],
      },
    };
    writeFileSync(teamFile(dir), JSON.stringify({ ...old, ...here }));
    const text = (file: string) => readFileSync(join(dir, file), 'utf8');
    const files = ['team.json', 'agents/ada/agent.json', 'agents/lead/agent.json'];
    const before = files.map(text);
    const kept = ['tasks/journal.jsonl', 'mailbox/ada/inbox.jsonl', 'agents/ada/transcript.jsonl'];
    const beginnings = kept.map(text);
    const { stderr, code } = await desk.cowork(['resume', '-t', team, '--detach']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('was of format 1 and is of format 2 now')]);
    expect(readTeam(dir)).toMatchObject({ v: 2, phase: 'running' });
    expect(files.map((file) => text(join('backup', 'format-1', file)))).toEqual(before);
    // Who had nothing to do is at rest until somebody has a word for it.
    await desk.cowork(['send', 'ada', 'Go on.', '-t', team]);
    const told = () => server.asked.find(({ agent }) => agent === 'ada');
    await eventually('ada to go on', () => told() !== undefined, 60_000);
    expect(JSON.stringify(told()?.body.messages)).toContain('I count.');
    expect(server.refused).toEqual([]);
    expect(kept.map(text).map((now, i) => now.startsWith(beginnings[i] ?? '?'))).toEqual([true, true, true]);
    expect(readAgentRecord(dir, 'ada')).toMatchObject({ incarnation: 2 });
    expect(readAgentRecord(dir, 'ada').turns).toBeGreaterThanOrEqual(3);
    await desk.cowork(['stop', '-t', team]);
    // Once is enough.
    expect((await desk.cowork(['resume', '-t', team, '--detach'])).stderr).not.toContain('format');
    await desk.cowork(['stop', '-t', team]);
    expect(check(dir)).toMatchObject({ status: 0, stdout: expect.stringMatching(/, 0 problems\n$/) });
  }, 180_000);
});

it('whoever is killed while a team is brought to another format is followed by one that comes to the same, with the files as they were beside', async () => {
  const whole = teamOf('1').dir;
  const none = injectFaults(whole, Number.POSITIVE_INFINITY, 'dead');
  await upgradeTeam(whole).finally(() => none.restore());
  expect(none.count).toBeGreaterThan(60);
  const files = globSync(['team.json', 'agents/*/agent.json'], { cwd: whole });
  expect(files).toHaveLength(5);
  const texts = (dir: string) => files.map((file) => JSON.parse(readFileSync(join(dir, file), 'utf8')));
  const result = texts(whole);
  expect(result.find(({ tokens }) => tokens !== undefined)?.turns).toBeGreaterThan(1);
  for (const fault of ['dead', 'power'] as const) {
    for (let nth = 1; nth <= none.count; nth += 9) {
      const { dir } = teamOf('1');
      const original = texts(dir);
      const faults = injectFaults(dir, nth, fault);
      await upgradeTeam(dir).catch(() => {}); // it is dead
      faults.restore();
      for (const left of ['backup/turns.jsonl', 'team.json.lock', 'team.json.lock-owner'])
        rmSync(join(dir, left), { recursive: true, force: true }); // who is dead has none
      await upgradeTeam(dir);
      expect([nth, texts(dir)]).toEqual([nth, result]);
      expect([nth, texts(backupFolder(dir, 1))]).toEqual([nth, original]);
      expect(await upgradeTeam(dir)).toBeUndefined();
    }
  }
}, 120_000);

it('a team of a newer format is refused with the reason by every command, and left as it is', async () => {
  const { desk, dir } = teamOf('2');
  const record = { ...JSON.parse(readFileSync(teamFile(dir), 'utf8')), v: 3 };
  writeFileSync(teamFile(dir), JSON.stringify(record));
  const before = hashFolder(dir);
  for (const words of [['status'], ['resume'], ['stop'], ['send', 'lead', 'Hello']])
    expect(await desk.refusal(...words, '-t', 'format-2'), words[0]).toMatchObject({
      ...{ exit: 4, code: 'TEAM_NEWER' },
      message: expect.stringContaining('has format 3; this cowork knows formats up to 2'),
      hint: expect.stringContaining('Update cowork'),
    });
  expect(hashFolder(dir)).toEqual(before);
});
