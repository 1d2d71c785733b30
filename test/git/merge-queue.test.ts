import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createHub } from '../../src/git/hub.ts';
import { hubFolder } from '../../src/git/places.ts';
import { readQueue } from '../../src/git/queue.ts';
import { readUserRepository } from '../../src/git/user-repository.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { teamFiles } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { gitIn, makeRepository, write } from './support.ts';

const TEND = join(import.meta.dirname, 'fixtures', 'tend.ts');
const run = promisify(execFile);

/** A team that nobody runs, on a repository to which ada and ben have pushed: ben's push conflicts with ada's. */
async function pushedTeam(): Promise<{ dir: string; repository: string }> {
  const root = await temporaryFolder();
  const repository = makeRepository(join(root, 'shop'), { 'list.txt': 'one\ntwo\n' });
  const source = await readUserRepository(repository);
  const result = 'cowork/mine';
  const { gitDir, base, branch } = source;
  const dir = await teamFiles({
    check: 'true',
    grants: [{ name: 'shop', path: repository, mode: 'clone', repository: { gitDir, base, branch, result } }],
  });
  await createHub(dir, { grant: 'shop', source, branch: result });
  for (const agent of ['ada', 'ben']) {
    const clone = join(root, agent);
    execFileSync('git', ['clone', '-q', '-b', result, hubFolder(dir, 'shop'), clone]);
    write(clone, { 'list.txt': `one\n${agent}\n`, [`${agent}.txt`]: 'new\n' });
    gitIn(clone, 'add', '.');
    gitIn(clone, 'commit', '-qm', `work of ${agent}`);
    gitIn(clone, 'push', '-q', 'origin', `HEAD:${agent}`);
  }
  return { dir, repository };
}

/** Whether it was killed, which it is before it writes its second record; so each run gets one record further. */
async function tendAndDie(dir: string): Promise<boolean> {
  try {
    await run(process.execPath, [TEND, dir, '2']);
    return false;
  } catch (error) {
    if ((error as { signal?: string }).signal !== 'SIGKILL') throw error;
    return true;
  }
}

it('comes to the same end when the supervisor is killed after each record: one landing, one task, one message each', async () => {
  const { dir, repository } = await pushedTeam();
  let kills = 0;
  while (await tendAndDie(dir)) kills++;
  expect(kills).toBe(5); // the sixth record is the last
  const { entries, published } = readQueue(dir, 'shop');
  expect(entries.map(({ agent, state }) => `${agent} ${state}`)).toEqual(['ada landed', 'ben returned']);
  const commit = gitIn(repository, 'rev-parse', 'cowork/mine');
  expect(published).toEqual({ commit, obstacle: null });
  expect(gitIn(repository, 'show', 'cowork/mine:list.txt')).toBe('one\nada');
  const tasks = await openTaskList(dir).list();
  expect(tasks.map(({ owner, subject }) => [owner, subject.includes('conflict')])).toEqual([['ben', true]]);
  const mail = await openMailbox(dir).log();
  expect(mail.map(({ to, text }) => `${to} ${/has (not )?landed/.exec(text)?.[0]}`).sort()).toEqual([
    'ada has landed',
    'ben has not landed',
  ]);
});
