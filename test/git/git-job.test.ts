import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roleHolder } from '../../src/store/role.ts';
import { supervisorRoleFile } from '../../src/team/paths.ts';
import { kill, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { type GitTeam, gitIn, launchOnRepository, write } from './support.ts';

const PUSH = 'git add -A && git commit -qm work && git push';
const FILES = {
  'list.txt': 'one\ntwo\nthree\nfour\nfive\nsix\n',
  'other.txt': 'x\n',
  // Red while a file says so.
  'check.sh': 'echo checking in $PWD; cat list.txt; test ! -e broken\n',
};

/** One team for all, whose repository goes from test to test: launching is what costs. */
describe('a team on a git repository', { timeout: 120_000, retry: 0 }, () => {
  const atEnd: (() => Promise<void>)[] = [];
  let team: GitTeam;
  let landed = 0;
  let returned = 0;
  const inUser = (...args: string[]) => gitIn(team.repository, ...args);

  beforeAll(async () => {
    const desk = openDesk((work) => atEnd.push(work));
    team = await launchOnRepository(FILES, ['--teammates', '2', '--check', 'sh check.sh'], { desk });
  }, 60_000);
  afterAll(async () => {
    for (const work of atEnd) await work();
  });

  it('puts what two agents push on one branch of the user, and touches nothing else of theirs', async () => {
    write(team.repository, { 'other.txt': 'mine, not committed\n' });
    const before = [inUser('rev-parse', 'HEAD'), inUser('status', '--porcelain', '-b')];
    expect(await team.run('ada', `echo seven >> list.txt && ${PUSH}`)).toContain('cowork: taken');
    expect(await team.run('ben', `sed -i s/one/ONE/ list.txt && ${PUSH}`)).toContain('cowork: taken');
    landed = 2;
    const { branch, commit } = await team.merged(landed);
    expect(branch).toBe(`cowork/${team.name}`);
    expect(inUser('show', `${branch}:list.txt`)).toBe('ONE\ntwo\nthree\nfour\nfive\nsix\nseven');
    expect(inUser('rev-parse', branch)).toBe(commit);
    expect(inUser('for-each-ref', '--format=%(refname)').split('\n').sort()).toEqual([
      `refs/heads/${branch}`,
      'refs/heads/main',
    ]);
    expect([inUser('rev-parse', 'HEAD'), inUser('status', '--porcelain', '-b')]).toEqual(before);
    expect(readFileSync(join(team.repository, 'other.txt'), 'utf8')).toBe('mine, not committed\n');
    expect(existsSync(join(team.repository, '.git', 'FETCH_HEAD'))).toBe(false);
    await eventually('ada to be told', async () =>
      (await team.mail({ agent: 'ada' })).some(
        ({ from, text }) => from === 'team' && text.includes('has landed'),
      ),
    );
    const files = globSync('git/**/*', { cwd: team.dir });
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((path) => statSync(join(team.dir, path)).mode & 0o077)).toEqual([]);
    for (const agent of ['ada', 'ben']) {
      expect(await team.run(agent, 'git pull -q && head -1 list.txt && tail -1 list.txt')).toBe('ONE\nseven');
    }
  });

  it('gives a push that conflicts back to its author as a task, and takes the next one', async () => {
    await team.run('ada', `sed -i s/two/zwei/ list.txt && ${PUSH}`);
    await team.merged(++landed, returned);
    await team.run('ben', `sed -i s/two/deux/ list.txt && ${PUSH}`);
    await team.merged(landed, ++returned);
    const [task] = (await team.tasks()).filter(({ subject }) => subject.includes('conflict'));
    expect(task).toMatchObject({ owner: 'ben' });
    expect(task?.description).toContain('- "list.txt"');
    expect(task?.description).toContain('CONFLICT (content): Merge conflict in list.txt');
    expect(inUser('show', `cowork/${team.name}:list.txt`)).toContain('zwei');
    const mend = `git pull -q; printf 'ONE\\nzwei et deux\\nthree\\nfour\\nfive\\nsix\\nseven\\n' > list.txt; ${PUSH}`;
    await team.run('ben', mend);
    await team.merged(++landed, returned);
    expect(inUser('show', `cowork/${team.name}:list.txt`)).toContain('zwei et deux');
  });

  it('gives a push that fails the check back with the end of what the check said, and lands nothing of it', async () => {
    const before = inUser('rev-parse', `cowork/${team.name}`);
    await team.run('ada', `git pull -q; touch broken && ${PUSH}`);
    await team.merged(landed, ++returned);
    const [task] = (await team.tasks()).filter(({ subject }) => subject.includes('check'));
    expect(task).toMatchObject({ owner: 'ada' });
    expect(task?.description).toContain('exit code 1');
    expect(task?.description).toContain('zwei et deux');
    // Not in the clone of anybody, and gone afterwards.
    const [, folder = ''] = /checking in ([^\\"]+)/.exec(task?.description ?? '') ?? [];
    expect(folder).not.toContain('/agents/');
    expect(existsSync(folder)).toBe(false);
    expect(inUser('rev-parse', `cowork/${team.name}`)).toBe(before);
    await team.run('ada', `git rm -qf broken && git commit -qm mended && git push`);
    await team.merged(++landed, returned);
  });

  it('runs a check again whose supervisor was killed, and leaves nothing of the first one', async () => {
    // Hangs the first time only.
    const mark = join(team.tmp, 'mark');
    const slow = `[ ! -e slow ] || ! mkdir ${mark} 2>/dev/null || exec sleep 611`;
    await team.run('ada', `git pull -q; touch slow && echo '${slow}' >> check.sh && ${PUSH}`);
    const hanging = () => team.processes().filter(({ command }) => command.endsWith('sleep 611'));
    await eventually('the check to hang', () => hanging().length === 1, 60_000);
    const supervisor = roleHolder(supervisorRoleFile(team.dir));
    if (supervisor === undefined) throw new Error('the team has no supervisor');
    kill(supervisor.pid);
    expect((await team.cowork(['wait', '--timeout', '0'])).code).toBe(5);
    await team.merged(++landed, returned);
    expect(hanging()).toEqual([]);
  });

  it('refuses a push to anything but the own branch, and says where to push', async () => {
    const before = inUser('rev-parse', `cowork/${team.name}`);
    await team.run('ada', 'git commit -q --allow-empty -m more');
    const refs = [
      `cowork/${team.name}`,
      'main',
      'ben',
      'refs/cowork/check',
      'refs/tags/v1',
      'refs/heads/x/../ben',
    ];
    const said = await team.run(
      'ada',
      `for ref in ${refs.join(' ')}; do git push origin HEAD:$ref; echo exit $?; done`,
    );
    expect(said.match(/^exit \d+$/gm)).toHaveLength(refs.length);
    expect(said).not.toContain('exit 0');
    expect(said).toContain('cowork: your branch here is ada. Push to it: git push origin HEAD:ada');
    expect(await team.run('ada', 'git push origin :ada')).toContain('deletion prohibited');
    expect(inUser('rev-parse', `cowork/${team.name}`)).toBe(before);
  });

  it('takes a rewritten branch of an agent, which lands as a merge', async () => {
    await team.run('ada', `git pull -q; echo a > a.txt && ${PUSH}`);
    await team.merged(++landed, returned);
    await team.run('ada', 'git commit -q --amend -m again && git push --force');
    await team.merged(++landed, returned);
    expect(inUser('log', '--format=%s', `cowork/${team.name}`)).toContain('again');
  });

  it('shows pushes in status, diff and the line of time, and tells in words how to take the result', async () => {
    const { stdout } = await team.cowork(['status']);
    expect(stdout).toContain(
      `${landed} pushes landed, ${returned} went back; the result is cowork/${team.name}\n`,
    );
    const diff = await team.json<{ path: string; agents: string[]; diff: string[] }[]>('diff');
    const list = diff.find(({ path }) => path === join(team.repository, 'list.txt'));
    expect(list?.agents).toEqual(['ada', 'ben']);
    expect(list?.diff).toContain('+zwei et deux');
    expect((await team.cowork(['diff', join(team.repository, 'a.txt')])).stdout).toContain('+a\n');
    expect((await team.cowork(['mail', '--timeline'])).stdout).toMatch(
      /⇡ ben {2}shop: p\d+ returned: it conflicts, see t\d+/,
    );
    expect((await team.cowork(['apply'])).stdout).toContain(`git merge cowork/${team.name}`);
  });

  it('never overwrites what the user does on that branch, and says so until it is mended', async () => {
    inUser('switch', '-qf', `cowork/${team.name}`);
    const before = inUser('rev-parse', 'HEAD');
    await team.run('ben', `git pull -q; echo b > b.txt && ${PUSH}`);
    const alert = await eventually('the alert', async () =>
      (await team.status()).alerts.find(({ kind }) => kind === 'branch'),
    );
    expect(alert.text).toContain(`cowork/${team.name} is checked out there`);
    expect(inUser('rev-parse', 'HEAD')).toBe(before);
    expect(existsSync(join(team.repository, 'b.txt'))).toBe(false);
    inUser('commit', '-q', '--allow-empty', '-m', 'of the user');
    const theirs = inUser('rev-parse', 'HEAD');
    inUser('switch', '-qf', 'main');
    expect((await team.refusal('apply')).message).toContain('was moved there by somebody else');
    expect(inUser('rev-parse', `cowork/${team.name}`)).toBe(theirs);
    inUser('branch', '-m', `cowork/${team.name}`, 'mine');
    expect((await team.cowork(['apply'])).code).toBe(0);
    await team.merged(++landed, returned);
    expect((await team.status()).alerts.filter(({ kind }) => kind === 'branch')).toEqual([]);
    expect(inUser('show', `cowork/${team.name}:b.txt`)).toBe('b');
  });
});

it('a check that takes longer than it may has failed, and what ran of it is ended', {
  timeout: 120_000,
}, async () => {
  const limit = ['--check', 'sleep 613', '--check-minutes', '0.03'];
  const team = await launchOnRepository({ 'a.txt': 'a\n' }, ['--teammates', '1', ...limit]);
  await team.run('ada', `echo b >> a.txt && ${PUSH}`);
  await team.merged(0, 1);
  const task = (await team.tasks()).find(({ owner }) => owner === 'ada');
  expect(task).toMatchObject({
    owner: 'ada',
    description: expect.stringContaining('it took longer than 2 s'),
  });
  expect(team.processes().filter(({ command }) => command.includes('sleep 613'))).toEqual([]);
});
