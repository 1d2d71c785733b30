import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coworkHome, imagesFolder } from '../../src/team/paths.ts';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { fixture, type TestTeam, teamOn } from '../support/team.ts';

/** The folder of the npm that set this project up, as no guest has one. */
const npm = dirname(dirname(realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())));

/** More than a fifth of the grant's files. */
const DELETED = 12;

/** One machine, the lead's, with granted folders of several modes; booting is what costs. */
describe('a machine with granted folders', { timeout: 300_000 }, () => {
  const atEnd: (() => Promise<void>)[] = [];
  let team: TestTeam;
  let draft: string;

  beforeAll(async () => {
    const desk = openDesk((work) => atEnd.push(work));
    desk.env.COWORK_IMAGES = imagesFolder(coworkHome());
    draft = join(desk.tmp, 'draft');
    mkdirSync(draft);
    writeFileSync(join(draft, 'page.txt'), 'one\ntwo\n');
    writeFileSync(join(draft, 'old.txt'), 'old\n');
    const origin = join(draft, 'origin');
    execFileSync('git', ['init', '-q', origin]);
    for (const name of ['one', 'two']) {
      writeFileSync(join(origin, name), `${name}\n`);
      execFileSync('git', ['-C', origin, 'add', name]);
      const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org'];
      execFileSync('git', ['-C', origin, ...who, 'commit', '-qm', name]);
    }
    mkdirSync(join(desk.folder, 'many'));
    for (let i = 0; i < DELETED; i++) writeFileSync(join(desk.folder, 'many', `${i}`), `${i}\n`);
    const package_ = join(desk.tmp, 'package');
    mkdirSync(package_);
    writeFileSync(join(package_, 'package.json'), '{"name":"tiny","version":"1.0.0","main":"index.js"}');
    writeFileSync(join(package_, 'index.js'), 'module.exports = 42;\n');
    execFileSync('tar', ['-czf', join(desk.folder, 'tiny.tgz'), '-C', desk.tmp, 'package']);
    const launched = await desk.json<{ team: string; dir: string }>(
      ...['launch', 'Do as you are told', '--rehearsal', fixture('puppet'), '--teammates', '0'],
      ...['--grant', desk.folder, '--grant', `${draft}:review`, '--grant', `${npm}:ro`],
    );
    team = teamOn(desk, launched.team, launched.dir);
  }, 300_000);

  afterAll(async () => {
    for (const work of atEnd) await work();
  });

  const bash = async (command: string): Promise<string> => {
    const [step] = await (await team.begin('lead', [[['bash', { command, timeout_ms: 280_000 }]]])).done(
      290_000,
    );
    return step?.results[0]?.text ?? '';
  };

  it('runs git clone and git commit in a grant under review, which stays empty of it', async () => {
    const said = await bash(
      'cd /grants/draft && git clone -q origin copy && cd copy && echo 3 > three && git add three && git -c user.name=ada -c user.email=a@b.c commit -qm three && git log --oneline | wc -l',
    );
    expect(said).toMatch(/^3/);
    expect(readdirSync(draft).sort()).toEqual(['old.txt', 'origin', 'page.txt']);
  });

  // Its many processes take minutes under emulation on a busy machine.
  it.runIf(process.env.COWORK_SOAK)('runs git gc in a grant under review', async () => {
    const said = await bash('cd /grants/draft/copy && git gc -q && git fsck && ls .git/objects/pack | wc -l');
    expect(said).toMatch(/^[1-9]/);
  });

  it('runs python3 -m venv in a grant', async () => {
    const said = await bash(
      'cd /grants/mine && python3 -m venv --without-pip env && env/bin/python -c "import sys; print(sys.prefix)"',
    );
    expect(said).toContain('/grants/mine/env');
    expect(readdirSync(join(team.folder, 'env')).sort()).toEqual(
      expect.arrayContaining(['bin', 'pyvenv.cfg']),
    );
  });

  // Under emulation npm alone takes a minute and more to start.
  it.runIf(process.env.COWORK_SOAK)('installs a package with npm from a file, offline', async () => {
    const said = await bash(
      'mkdir -p /grants/mine/app && cd /grants/mine/app && echo {} > package.json && node /grants/npm/bin/npm-cli.js install --offline --no-audit --no-fund --cache /tmp/npm ../tiny.tgz && node -p "require(\'tiny\')"',
    );
    expect(said).toMatch(/added 1 package[\s\S]*\n42/);
    expect(readFileSync(join(team.folder, 'app/node_modules/tiny/index.js'), 'utf8')).toContain('42');
  });

  it('lands what an agent did under review when it is applied, and takes it back with undo', async () => {
    await bash('cd /grants/draft && sed -i s/two/2/ page.txt && rm old.txt && rm -rf copy && cat page.txt');
    expect(readFileSync(join(draft, 'page.txt'), 'utf8')).toBe('one\ntwo\n');
    const shown = await team.json<{ path: string; change: string; staged: boolean; diff: string[] }[]>(
      'diff',
      draft,
    );
    expect(shown.map(({ path, change, staged }) => [path, change, staged])).toEqual([
      [join(draft, 'old.txt'), 'deleted', true],
      [join(draft, 'page.txt'), 'modified', true],
    ]);
    expect(shown[1]?.diff).toEqual(expect.arrayContaining(['-two', '+2']));
    expect(await team.json('apply', join(draft, 'page.txt'))).toMatchObject([
      { change: 'modified', agent: 'lead' },
    ]);
    expect(readFileSync(join(draft, 'page.txt'), 'utf8')).toBe('one\n2\n');
    writeFileSync(join(draft, 'page.txt'), 'mine\n');
    expect(await bash('cat /grants/draft/page.txt; ls /grants/draft')).toMatch(/^mine\norigin\npage.txt/);
    expect(await team.refusal('undo', join(draft, 'page.txt'))).toMatchObject({ code: 'CHANGES_CONFLICT' });
    await team.json('undo', join(draft, 'page.txt'), '--force');
    await team.json('undo', draft);
    expect(await bash('cat /grants/draft/*.txt')).toMatch(/^old\none\ntwo/);
  });

  it('stops a burst of deletions, tells the agent by mail, asks the user, and goes on when it is allowed', async () => {
    const left = () => readdirSync(join(team.folder, 'many')).length;
    const said = await bash('rm /grants/mine/many/*; echo code $?');
    expect(said).toMatch(/Operation not permitted[\s\S]*code 1/);
    expect(left()).toBeGreaterThan(0);
    const told = await eventually('the lead to be told', async () =>
      (await team.mail({ agent: 'lead', from: 'team' })).find(({ text }) =>
        text.includes('You have deleted'),
      ),
    );
    expect(told.text).toMatch(/refused \(Operation not permitted\) until the user has answered request a\d+/);
    expect((await team.status()).alerts).toMatchObject([{ agent: 'lead', kind: 'approval' }]);
    const [asked] = await team.json<{ id: string; kind: string }[]>('approvals');
    expect(asked?.kind).toBe('deletions');
    expect(await bash('rm /grants/mine/many/*; echo code $?')).toMatch(/not permitted[\s\S]*code 1/);
    await team.json('approvals', 'allow', asked?.id ?? '');
    await eventually('the lead to hear it', async () =>
      (await team.mail({ agent: 'lead', from: 'team' })).some(({ text }) =>
        text.includes('has allowed your request'),
      ),
    );
    expect(await bash('rm /grants/mine/many/*; echo code $?')).toContain('code 0');
    expect(left()).toBe(0);
    await team.json('undo', join(team.folder, 'many'));
    expect(left()).toBe(DELETED);
  });
});
