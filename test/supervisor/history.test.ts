import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { searchHistory } from '../../src/supervisor/history.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A team as its files have it. */
async function makeTeam(
  home: string,
  name: string,
  about: { job: string; phase?: string; task?: string; mail?: string },
) {
  const dir = join(home, 'teams', name);
  for (const folder of ['mailbox', 'tasks']) mkdirSync(join(dir, folder), { recursive: true });
  writeRecord(home, name, about);
  const lead = { by: 'lead', incarnation: 1 };
  if (about.task) await openTaskList(dir, { durable: false }).create({ ...lead, subject: about.task });
  if (about.mail)
    await openMailbox(dir, { durable: false }).send({
      from: 'ada',
      to: 'lead',
      text: about.mail,
      incarnation: 1,
    });
  return dir;
}

function writeRecord(
  home: string,
  name: string,
  { job, phase = 'done' }: { job: string; phase?: string },
): void {
  const record = {
    ...{
      v: 1,
      revision: 1,
      name,
      job,
      created: '2026-01-01T00:00:00.000Z',
      phase,
      ended: null,
      summary: null,
    },
    ...{ sandbox: 'none', grants: [], agents: [] },
  };
  writeFileSync(join(home, 'teams', name, 'team.json'), JSON.stringify(record));
}

const teamsOf = async (home: string, query: string) =>
  (await searchHistory(home, query)).map(({ team }) => team);

describe('searching past teams', () => {
  it('finds jobs, tasks and mail, what weighs most first, without case and accents, by beginnings and only with all words', async () => {
    const home = await temporaryFolder();
    await makeTeam(home, 'words', {
      job: 'Zähle die Wörter',
      task: 'Read a.txt',
      mail: 'Harbour invoices are in b',
    });
    await makeTeam(home, 'ships', { job: 'Harbour fees', mail: 'done' });
    expect(await teamsOf(home, 'zahle')).toEqual(['words']);
    expect(await teamsOf(home, 'harb')).toEqual(['ships', 'words']);
    expect(await teamsOf(home, 'harbour INVOICE')).toEqual(['words']);
    expect(await teamsOf(home, 'a.txt')).toEqual(['words']);
    expect(await teamsOf(home, 'nothing')).toEqual([]);
    for (const odd of ['"', '*', 'AND OR', 'NEAR(', '^a:b', "'; --", '', '  ']) await teamsOf(home, odd);
    expect((await searchHistory(home, 'invoices'))[0]?.excerpt).toContain('ada to lead: Harbour invoices');
  });

  it('follows what changes: a team that works on, one that is removed, one that is new', async () => {
    const home = await temporaryFolder();
    const dir = await makeTeam(home, 'alive', { job: 'a job', phase: 'running', task: 'first step' });
    expect(await teamsOf(home, 'second')).toEqual([]);
    await openTaskList(dir, { durable: false }).create({
      by: 'lead',
      incarnation: 1,
      subject: 'second step',
    });
    expect(await teamsOf(home, 'second')).toEqual(['alive']);
    await makeTeam(home, 'new', { job: 'second job' });
    expect((await teamsOf(home, 'second')).sort()).toEqual(['alive', 'new']);
    rmSync(dir, { recursive: true });
    expect(await teamsOf(home, 'second')).toEqual(['new']);
  });

  it('keeps its index, which holds what was said, to the user alone', async () => {
    const home = await temporaryFolder();
    await makeTeam(home, 'alive', { job: 'a job' });
    writeFileSync(join(home, 'history.db'), '', { mode: 0o644 }); // of a version before
    expect(await teamsOf(home, 'job')).toEqual(['alive']);
    const files = readdirSync(home).filter((name) => name.startsWith('history'));
    for (const file of files) expect([file, statSync(join(home, file)).mode & 0o777]).toEqual([file, 0o600]);
  });

  it('makes its index again when that is missing or damaged, and passes by a team that can not be read', async () => {
    const home = await temporaryFolder();
    expect(await teamsOf(home, 'anything')).toEqual([]);
    await makeTeam(home, 'one', { job: 'the harbour' });
    mkdirSync(join(home, 'teams', 'torn'));
    writeFileSync(join(home, 'teams', 'torn', 'team.json'), '{"v":1,');
    expect(await teamsOf(home, 'harbour')).toEqual(['one']);
    rmSync(join(home, 'history.db'));
    expect(await teamsOf(home, 'harbour')).toEqual(['one']);
    writeFileSync(join(home, 'history.db'), 'x'.repeat(5000));
    for (const end of ['-wal', '-shm']) rmSync(join(home, `history.db${end}`), { force: true });
    expect(await teamsOf(home, 'harbour')).toEqual(['one']);
  });
});
