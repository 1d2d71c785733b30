import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coworkHome, imagesFolder } from '../../src/team/paths.ts';
import { openDesk } from '../support/cowork.ts';
import { type GitTeam, gitIn, launchOnRepository } from './support.ts';

/** Machines of a lead and a teammate, and a fresh one for each check; booting is what costs. */
describe('a git job in virtual machines', { timeout: 300_000 }, () => {
  const atEnd: (() => Promise<void>)[] = [];
  let team: GitTeam;

  beforeAll(async () => {
    const desk = openDesk((work) => atEnd.push(work));
    desk.env.COWORK_IMAGES = imagesFolder(coworkHome());
    // Says what a fresh machine is, and fails where anything is that a check must not see.
    const check =
      'hostname; ls /grants /memory; test -z "$(ls /grants /memory | grep -v :)" && test ! -e red && ! curl -s -m 5 http://127.0.0.1:9/';
    team = await launchOnRepository({ 'a.txt': 'a\n' }, ['--check', check, '--teammates', '1'], {
      desk,
      sandbox: 'vm',
    });
  }, 300_000);

  afterAll(async () => {
    for (const work of atEnd) await work();
  });

  it('clones over the gate, checks in a fresh machine, lands what is green and gives back what is red', async () => {
    expect(await team.run('ada', 'git log --oneline | wc -l; git branch --show-current; pwd')).toBe(
      '1\nada\n/workspace/shop',
    );
    expect(await team.run('ada', 'echo b > b.txt && git add . && git commit -qm b && git push')).toContain(
      'taken',
    );
    const { branch } = await team.merged(1, 0);
    expect(gitIn(team.repository, 'show', `${branch}:b.txt`)).toBe('b');
    await team.run('ada', 'touch red && git add . && git commit -qm red && git push');
    await team.merged(1, 1);
    const [task] = (await team.tasks()).filter(({ owner }) => owner === 'ada');
    expect(task?.description).toContain('exit code 1');
    expect(task?.description).toContain('"check\\n');
  });
});
