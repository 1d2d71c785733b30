import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { readAlerts } from '../../src/team/alerts.ts';
import { readLedger } from '../../src/team/ledger.ts';
import { teamFile } from '../../src/team/paths.ts';
import { readTeam } from '../../src/team/team.ts';
import { hashFolder } from '../store/support/hash-folder.ts';
import { type Desk, openDesk } from '../support/cowork.ts';

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

it('a team of a newer format is refused with the reason by every command, and left as it is', async () => {
  const { desk, dir } = teamOf('2');
  const record = { ...JSON.parse(readFileSync(teamFile(dir), 'utf8')), v: 2 };
  writeFileSync(teamFile(dir), JSON.stringify(record));
  const before = hashFolder(dir);
  for (const words of [['status'], ['resume'], ['stop'], ['send', 'lead', 'Hello']])
    expect(await desk.refusal(...words, '-t', 'format-2'), words[0]).toMatchObject({
      ...{ exit: 4, code: 'TEAM_NEWER' },
      message: expect.stringContaining('has format 2; this cowork knows formats up to 1'),
      hint: expect.stringContaining('Update cowork'),
    });
  expect(hashFolder(dir)).toEqual(before);
});
