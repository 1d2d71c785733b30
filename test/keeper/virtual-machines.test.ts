import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coworkHome, imagesFolder } from '../../src/team/paths.ts';
import { kill, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { fixture, type TestTeam, teamOn } from '../support/team.ts';

/** One team with a virtual machine for each agent, for all tests here: booting is what costs. */
describe('a team in virtual machines', { timeout: 240_000 }, () => {
  const atEnd: (() => Promise<void>)[] = [];
  let team: TestTeam;
  let readable: string;

  beforeAll(async () => {
    const desk = openDesk((work) => atEnd.push(work));
    desk.env.COWORK_IMAGES = imagesFolder(coworkHome());
    desk.env.ANTHROPIC_API_KEY = 'sk-ant-a-key-that-must-stay-outside';
    readable = join(desk.tmp, 'papers');
    mkdirSync(readable);
    writeFileSync(join(readable, 'paper.txt'), 'as it was\n');
    writeFileSync(join(desk.tmp, 'secret.txt'), 'not granted\n');
    symlinkSync(join(desk.tmp, 'secret.txt'), join(desk.folder, 'way-out'));
    writeFileSync(join(desk.folder, 'words.txt'), 'one two three four\n');
    const launched = await desk.json<{ team: string; dir: string }>(
      ...['launch', 'Do as you are told', '--rehearsal', fixture('puppet'), '--teammates', '1'],
      ...['--grant', desk.folder, '--grant', `${readable}:ro`],
    );
    team = teamOn(desk, launched.team, launched.dir);
  }, 240_000);

  afterAll(async () => {
    for (const work of atEnd) await work();
  });

  const bash = async (command: string): Promise<string> => {
    const [step] = await (await team.begin('ada', [[['bash', { command }]]])).done(180_000);
    return step?.results[0]?.text ?? '';
  };

  it('gives each agent a machine of its own, and says so in its status', async () => {
    const { agents } = await team.status();
    expect(agents.map(({ sandbox }) => sandbox)).toEqual(['vm', 'vm']);
    const machines = agents.map(({ vmPid }) => vmPid);
    expect(new Set(machines).size).toBe(2);
    for (const pid of machines)
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('qemu-system-x86_64');
    expect(agents.every(({ accelerator }) => accelerator !== null)).toBe(true);
  });

  it('shows granted folders under /grants, live in both directions', async () => {
    expect(await bash('cat /grants/mine/words.txt')).toContain('one two three four');
    await bash('mkdir -p /grants/mine/made && echo from the guest > /grants/mine/made/here.txt');
    expect(readFileSync(join(team.folder, 'made/here.txt'), 'utf8')).toBe('from the guest\n');
    writeFileSync(join(team.folder, 'words.txt'), `${'x'.repeat(200_000)}\n`);
    expect(await bash('wc -c < /grants/mine/words.txt')).toContain('200001');
  });

  it('runs git, python and a rename over a file inside a granted folder', async () => {
    const said = await bash(
      [
        'cd /grants/mine && git init -q repo && cd repo',
        'git config user.email a@b.c && git config user.name ada',
        'python3 -c "import pathlib; [pathlib.Path(f\'f{i}\').write_text(str(i)) for i in range(8)]"',
        'git add -A && git commit -qm first && git status --short | wc -l && git log --oneline | wc -l',
        'echo new > g && mv g f1 && cat f1',
      ].join(' && '),
    );
    expect(said).toMatch(/0\n1\nnew/);
  });

  it('refuses to change what was granted for reading only', async () => {
    expect(
      await bash('echo spoilt > /grants/papers/paper.txt; rm /grants/papers/paper.txt; echo code $?'),
    ).toContain('Read-only file system');
    expect(readFileSync(join(readable, 'paper.txt'), 'utf8')).toBe('as it was\n');
  });

  it('does not follow a link out of a granted folder', async () => {
    expect(await bash('cat /grants/mine/way-out; echo code $?')).not.toContain('not granted');
  });

  it('has no network device, no key and no path of the host', async () => {
    const said = await bash(
      'ls /sys/class/net; env; cat /proc/cmdline; mount; grep -rs sk-ant-a-key /proc/*/environ /run /etc /root; true',
    );
    expect(said.split('\n')[0]).toBe('lo');
    expect(said).not.toContain('sk-ant-a-key');
    expect(said).not.toContain(team.home);
    expect(said).not.toContain(team.folder);
    expect(said).toContain('HTTPS_PROXY=http://127.0.0.1:3128');
  });

  it('tells programs that look for the network that no host is allowed', async () => {
    expect(
      await bash('curl -sS --max-time 20 http://example.com/; curl -sS --max-time 20 https://example.com/'),
    ).toMatch(/No host is allowed[\s\S]*403/);
  });

  it('tells the lead within 5 s when a machine is killed, opens its task again, and brings the agent back', async () => {
    const { id } = (
      await team.order('lead', [[['task_create', { subject: 'Slow', description: 'wait', owner: 'ada' }]]])
    )[0]?.results[0]?.json ?? { id: '' };
    await eventually('the task to be worked on', async () =>
      (await team.tasks()).some((task) => task.id === id && task.state === 'in_progress'),
    );
    const { vmPid } = await team.agent('ada');
    const killed = performance.now();
    kill(vmPid ?? 0);
    const notice = await eventually('the lead to be told', async () =>
      (await team.mail({ agent: 'lead', from: 'team' })).find(({ text }) => text.startsWith('ada died')),
    );
    expect(performance.now() - killed).toBeLessThan(5_000);
    expect(notice.text).toContain(id);
    await eventually(
      'ada to be back',
      async () => {
        const ada = await team.agent('ada');
        return ada.incarnation === 2 && ada.state !== 'starting';
      },
      120_000,
    );
    expect(await bash('echo back again')).toContain('back again');
  });

  it('leaves nothing when it is stopped: no process, no machine, no socket, no temporary folder', async () => {
    const { agents } = await team.status();
    const { code } = await team.cowork(['stop', '--team', team.name]);
    expect(code).toBe(0);
    for (const { pid, vmPid } of agents) {
      for (const each of [pid, vmPid]) expect(() => process.kill(each ?? 0, 0)).toThrow('ESRCH');
    }
    expect(team.processes()).toEqual([]);
    expect(readFileSync('/proc/net/unix', 'utf8')).not.toContain(team.tmp);
  });
});
