import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { unitText } from '../../src/supervisor/service/unit.ts';
import { type Desk, kill, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A desk of somebody whose systemd writes down what it is asked. */
function withSystemd(status = 0): { desk: Desk; asked: () => string; env: NodeJS.ProcessEnv } {
  const desk = openDesk();
  const bin = join(desk.tmp, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'systemctl'),
    `#!/bin/sh\necho "$@" >> ${desk.tmp}/asked\necho no bus >&2\nexit ${status}\n`,
    { mode: 0o755 },
  );
  const env = { XDG_CONFIG_HOME: join(desk.tmp, 'config'), PATH: `${bin}:${process.env.PATH}` };
  return { desk, env, asked: () => readFileSync(join(desk.tmp, 'asked'), 'utf8') };
}

test('a service is installed, holds paths and no key, and is removed without a trace', async () => {
  const { desk, env, asked } = withSystemd();
  const secret = 'sk-ant-not-to-be-written';
  const { code, stdout } = await desk.cowork(['service', 'install', '--json'], {
    env: { ...env, ANTHROPIC_API_KEY: secret },
  });
  expect(code).toBe(0);
  const { unit, notes } = JSON.parse(stdout);
  expect(notes).toEqual([expect.stringContaining('config/cowork/environment')]);
  expect(unit).toMatch(/config\/systemd\/user\/cowork-[0-9a-f]{8}\.service$/);
  const text = readFileSync(unit, 'utf8');
  expect(text).toContain(`"COWORK_HOME=${desk.home}"`);
  expect(text).not.toContain(secret);
  const link = join(dirname(unit), 'default.target.wants', unit.split('/').at(-1));
  expect(realpathSync(link)).toBe(realpathSync(unit));
  expect(statSync(unit).mode & 0o077).toBe(0);
  expect((await desk.cowork(['service', 'install'], { env })).code).toBe(0);
  expect(await desk.cowork(['service', 'uninstall'], { env })).toMatchObject({
    code: 0,
    stdout: 'cowork no longer starts when you log in.\n',
  });
  expect([existsSync(unit), existsSync(link)]).toEqual([false, false]);
  expect(await desk.cowork(['service', 'uninstall'], { env })).toMatchObject({
    code: 0,
    stdout: 'It was not installed.\n',
  });
  expect(asked()).toBe('--user daemon-reload\n'.repeat(3));
});

test('without systemd, with one that does not answer, and over the unit of somebody else it says what is so', async () => {
  const { desk, env } = withSystemd(1);
  const none = await desk.cowork(['service', 'install', '--json'], { env: { ...env, PATH: '/nowhere' } });
  expect(none.code).toBe(1);
  expect(JSON.parse(none.stderr).error).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    hint: expect.stringContaining('cowork service start'),
  });
  const silent = await desk.cowork(['service', 'install', '--json'], { env });
  expect(silent.code).toBe(0);
  const { unit, notes } = JSON.parse(silent.stdout);
  expect(notes[0]).toBe('systemd does not answer now (no bus). It counts from your next login.');
  writeFileSync(unit, '[Unit]\nDescription=mine\n');
  for (const action of ['install', 'uninstall']) {
    const foreign = await desk.cowork(['service', action, '--json'], { env });
    expect(JSON.parse(foreign.stderr).error).toMatchObject({ code: 'SERVICE_FOREIGN' });
  }
  expect(readFileSync(unit, 'utf8')).toContain('mine');
  rmSync(unit);
});

test.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
  'the unit passes the check of systemd, whatever characters its paths have',
  async () => {
    const folder = await temporaryFolder();
    const odd = join(folder, 'my "own" $HOME 100% \\place');
    mkdirSync(odd);
    const unit = join(folder, 'cowork.service');
    const program = join(odd, 'cowork.js');
    writeFileSync(program, '');
    const text = unitText({
      home: odd,
      node: process.execPath,
      program,
      path: '/usr/bin:/bin',
      environmentFile: join(folder, 'environment'),
    });
    writeFileSync(unit, text);
    const { status, stderr } = spawnSync(
      'systemd-analyze',
      ['--user', '--man=no', '--recursive-errors=no', 'verify', unit],
      {
        encoding: 'utf8',
        env: { ...process.env, XDG_RUNTIME_DIR: folder },
      },
    );
    const about = stderr.split('\n').filter((line) => line.includes('cowork'));
    expect(about, stderr).toEqual([]);
    expect([0, 1]).toContain(status); // 1 also when units of the machine itself have faults
    writeFileSync(unit, text.replace('Type=oneshot', 'Type=sometimes'));
    const broken = spawnSync('systemd-analyze', ['--user', '--man=no', 'verify', unit], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });
    expect(broken.stderr).toContain('cowork.service');
  },
);

test('at a login every team that was running comes back, and one that can not keeps no other from it', {
  timeout: 180_000,
}, async () => {
  const team = await launch('puppet', ['--teammates', '0']);
  expect((await team.cowork(['service', 'start'])).stdout).toBe('Nothing to bring back.\n');
  for (const { pid } of team.processes()) kill(pid);
  await eventually('all to be dead', () => team.processes().length === 0, 30_000);
  const broken = join(team.home, 'teams', 'broken');
  mkdirSync(broken, { mode: 0o700 });
  writeFileSync(join(broken, 'team.json'), '{');
  const { code, stdout } = await team.cowork(['service', 'start', '--json']);
  expect(code).toBe(1);
  const back: { team: string }[] = JSON.parse(stdout);
  expect(back.toSorted((a, b) => a.team.localeCompare(b.team))).toEqual([
    { team: 'broken', failed: expect.stringContaining("can't be read") },
    { team: team.name, failed: null },
  ]);
  const [step] = await (await team.begin('lead', [[['bash', { command: 'echo back' }]]])).done(60_000);
  expect(step?.results[0]?.text).toContain('back');
});
