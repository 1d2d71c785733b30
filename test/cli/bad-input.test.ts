import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/table.ts';
import { createTeam } from '../../src/team/team.ts';
import { openDesk } from '../support/cowork.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { fixture } from '../support/team.ts';
import { teamRecord } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';

interface Case {
  args: string[];
  env?: NodeJS.ProcessEnv;
  exit: number;
  code: string;
  /** What the message or the hint must say. */
  says?: RegExp;
}

const REHEARSAL = ['--rehearsal', fixture('count'), '--sandbox', 'none'];

/** Everything is run at the same desk, three at a time; none of it may leave anything. */
async function allRefused(cases: Case[]): Promise<void> {
  const desk = openDesk();
  mkdirSync(join(desk.folder, 'folder'));
  writeFileSync(join(desk.folder, 'file'), 'x');
  writeFileSync(join(desk.folder, 'broken.ts'), 'export default {{');
  writeFileSync(join(desk.folder, 'blank'), ' \n\n');
  const queue = [...cases];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { args, env = {}, exit, code, says = /./ } = next;
      const words = `cowork ${args.join(' ')}`;
      const outcome = await desk.cowork([...args, '--json'], { env });
      expect({ words, exit: outcome.code, stdout: outcome.stdout }, outcome.stderr).toEqual({
        words,
        exit,
        stdout: '',
      });
      const { error } = JSON.parse(outcome.stderr);
      expect({ words, code: error.code }).toEqual({ words, code });
      expect(`${error.message} ${error.hint}`, words).toMatch(says);
      expect(error.hint, words).not.toBe('');
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  const teams = join(desk.home, 'teams');
  expect(existsSync(teams) ? readdirSync(teams) : []).toEqual([]);
  expect(readdirSync(desk.tmp)).toEqual([]);
  expect(desk.processes()).toEqual([]);
}

test('a command or flag that is not known is refused with the nearest one', async () => {
  await allRefused([
    { args: ['lanch', 'x'], exit: 2, code: 'USAGE', says: /Did you mean launch\?/ },
    { args: ['taks'], exit: 2, code: 'USAGE', says: /Did you mean tasks\?/ },
    { args: ['frobnicate'], exit: 2, code: 'USAGE', says: /cowork --help/ },
    { args: ['launch', 'x', '--gant', '.'], exit: 2, code: 'USAGE', says: /Did you mean --grant\?/ },
    { args: ['launch', 'x', '--job-fiel', 'f'], exit: 2, code: 'USAGE', says: /Did you mean --job-file\?/ },
    { args: ['status', '--tam', 'x'], exit: 2, code: 'USAGE', says: /Did you mean --team\?/ },
    { args: ['tasks', 'shwo', 't1'], exit: 3, code: 'TEAM_UNKNOWN' },
    { args: [], exit: 2, code: 'USAGE', says: /command/i },
    { args: ['send', 'ada'], exit: 2, code: 'USAGE' },
    { args: ['status', 'one', 'too many'], exit: 2, code: 'USAGE' },
    { args: ['wait', '--timeout', 'soon'], exit: 2, code: 'USAGE', says: /--timeout/ },
    { args: ['wait', '--team'], exit: 2, code: 'USAGE', says: /team/ },
  ]);
});

test('a launch that can be seen to be wrong is refused with its code, and nothing half-made is left', async () => {
  const launch = (...args: string[]) => ['launch', ...args];
  await allRefused([
    { args: launch(...REHEARSAL), exit: 2, code: 'JOB_EMPTY' },
    { args: launch('   ', ...REHEARSAL), exit: 2, code: 'JOB_EMPTY' },
    { args: launch('--job-file', 'blank', ...REHEARSAL), exit: 2, code: 'JOB_EMPTY' },
    { args: launch('--job-file', 'none', ...REHEARSAL), exit: 2, code: 'JOB_EMPTY', says: /none/ },
    { args: launch('--job-file', '-', ...REHEARSAL), exit: 2, code: 'JOB_EMPTY' },
    { args: launch('x', '--job-file', 'file', ...REHEARSAL), exit: 2, code: 'USAGE', says: /twice/ },
    ...['lead', 'user', 'team', 'Ada', 'a b', '-a', 'a/b', '..', 'ä', 'x'.repeat(64)].map((name) => ({
      ...{ args: launch('x', `--team=${name}`, ...REHEARSAL), exit: 2, code: 'NAME_INVALID' },
    })),
    { args: launch('x', '--teammate', 'lead', ...REHEARSAL), exit: 2, code: 'NAME_INVALID' },
    { args: launch('x', '--teammate', 'a', '--teammate', 'a:b', ...REHEARSAL), exit: 4, code: 'AGENT_TAKEN' },
    { args: launch('x', '--model', '', ...REHEARSAL), exit: 2, code: 'USAGE', says: /--model/ },
    { args: launch('x', '--lead-model', 'a b', ...REHEARSAL), exit: 2, code: 'USAGE', says: /--lead-model/ },
    { args: launch('x', '--teammates', '-1', ...REHEARSAL), exit: 2, code: 'USAGE', says: /0 to 64/ },
    { args: launch('x', '--teammates', '1.5', ...REHEARSAL), exit: 2, code: 'USAGE' },
    { args: launch('x', '--teammates', 'many', ...REHEARSAL), exit: 2, code: 'USAGE' },
    { args: launch('x', '--teammates', '2', '--teammate', 'a', ...REHEARSAL), exit: 2, code: 'USAGE' },
    { args: launch('x', '--max-turns', '0', ...REHEARSAL), exit: 2, code: 'USAGE', says: /--max-turns/ },
    { args: launch('x', '--check-minutes', '0', ...REHEARSAL), exit: 2, code: 'USAGE', says: /above 0/ },
    { args: launch('x', '--check-minutes', '9', ...REHEARSAL), exit: 2, code: 'USAGE', says: /--check/ },
    {
      args: launch('x', '--grant', 'nowhere', ...REHEARSAL),
      exit: 2,
      code: 'GRANT_INVALID',
      says: /nowhere/,
    },
    { args: launch('x', '--grant', 'file', ...REHEARSAL), exit: 2, code: 'GRANT_INVALID', says: /no folder/ },
    {
      args: launch('x', '--grant', 'folder:rx', ...REHEARSAL),
      exit: 2,
      code: 'GRANT_INVALID',
      says: /ro, rw, keep, review/,
    },
    { args: launch('x', '--grant', ':ro', ...REHEARSAL), exit: 2, code: 'GRANT_INVALID' },
    {
      args: launch('x', '--sandbox', 'jail', ...REHEARSAL.slice(0, 2)),
      exit: 2,
      code: 'USAGE',
      says: /vm.*none|none.*vm/,
    },
    { args: launch('x', ...REHEARSAL.slice(0, 2)), env: { COWORK_SANDBOX: 'jail' }, exit: 2, code: 'USAGE' },
    {
      args: launch('x', '--rehearsal', 'nowhere.ts', '--sandbox', 'none'),
      exit: 2,
      code: 'REHEARSAL_INVALID',
    },
    {
      args: launch('x', '--rehearsal', 'broken.ts', '--sandbox', 'none'),
      exit: 2,
      code: 'REHEARSAL_INVALID',
    },
    {
      args: launch('x', '--rehearsal', fixture('empty'), '--sandbox', 'none'),
      exit: 2,
      code: 'REHEARSAL_INVALID',
    },
  ]);
}, 240_000);

test('a launch with nothing that could answer the agents names the three ways out; a bad key or address is refused', async () => {
  const args = ['launch', 'x', '--sandbox', 'none'];
  const key = 'sk-ant-secret key';
  const { stderr } = await openDesk().cowork([...args, '--json'], { env: { ANTHROPIC_API_KEY: key } });
  expect(stderr).not.toContain('secret');
  await allRefused([
    {
      args,
      exit: 2,
      code: 'MODEL_NOT_CONFIGURED',
      says: /ANTHROPIC_API_KEY.*ANTHROPIC_BASE_URL.*--rehearsal/,
    },
    { args, env: { ANTHROPIC_API_KEY: key }, exit: 2, code: 'MODEL_KEY_INVALID' },
    { args, env: { ANTHROPIC_BASE_URL: 'ftp://models' }, exit: 2, code: 'MODEL_URL_INVALID' },
    { args, env: { ANTHROPIC_BASE_URL: 'localhost:8000' }, exit: 2, code: 'MODEL_URL_INVALID' },
  ]);
});

test('a team in virtual machines is refused where no image was built', async () => {
  const args = ['launch', 'x', '--rehearsal', fixture('count')];
  const says = /no guest image[\s\S]*setup[\s\S]*--sandbox none/;
  await allRefused([{ args, exit: 4, code: 'SANDBOX_UNAVAILABLE', says }]);
});

test('a team in virtual machines is refused without QEMU, and with one that is too old; nothing runs without a machine instead', async () => {
  const args = ['launch', 'x', '--rehearsal', fixture('count')];
  const folder = await temporaryFolder();
  const qemu = (says: string) => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    writeFileSync(join(bin, 'qemu-system-x86_64'), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    return { PATH: `${bin}:/nowhere`, COWORK_IMAGES: TEST_IMAGES };
  };
  await testImage();
  const refused = { args, exit: 4, code: 'SANDBOX_UNAVAILABLE' };
  await allRefused([
    {
      ...refused,
      env: { PATH: '/nowhere', COWORK_IMAGES: TEST_IMAGES },
      says: /not on the PATH.*npm run setup/,
    },
    { ...refused, env: qemu('echo QEMU emulator version 5.2.0'), says: /is 5\.2\.0; 7\.2 is the oldest/ },
    { ...refused, env: qemu('echo no such library; exit 127'), says: /does not start: no such library/ },
    { ...refused, env: qemu('echo QEMU emulator version 7.2.22'), says: /setpriv is not on the PATH/ },
  ]);
});

test('one team whose record is torn stops no command on the others', async () => {
  const desk = openDesk();
  const dir = await createTeam(desk.home, teamRecord({ phase: 'done', ended: '2026-01-01T00:00:01.000Z' }));
  mkdirSync(join(desk.home, 'teams', 'torn'));
  writeFileSync(join(desk.home, 'teams', 'torn', 'team.json'), '{"v":1,');
  expect(await desk.json('status')).toMatchObject({ team: 'mine', state: 'done' });
  const { code, stdout, stderr } = await desk.cowork(['teams']);
  expect({ code, isThere: stdout.includes('mine  done') }).toEqual({ code: 0, isThere: true });
  expect(stderr).toMatch(/^Team "torn" is left out: .*team\.json can't be read/);
  expect(await desk.refusal('status', '-t', 'torn')).toMatchObject({ exit: 1, code: 'TEAM_UNREADABLE' });
  expect(existsSync(dir)).toBe(true);
});

test('commands on a team that is not there say so', async () => {
  const commands = [
    ...[['status'], ['wait'], ['mail'], ['tasks'], ['stop'], ['remove'], ['spawn', 'x'], ['broadcast', 'x']],
    ['send', 'ada', 'x'],
  ];
  await allRefused(
    commands.map((args) => ({ args: [...args, '-t', 'nobody'], exit: 3, code: 'TEAM_UNKNOWN' })),
  );
});

test('a team whose name is taken is not started again, and the first one is left as it is', async () => {
  const desk = openDesk();
  const args = [
    'launch',
    'x',
    '--team',
    'mine',
    '--teammates',
    '0',
    ...REHEARSAL.slice(2),
    '--rehearsal',
    fixture('puppet'),
  ];
  await desk.json(...args);
  expect(await desk.refusal(...args)).toMatchObject({ exit: 4, code: 'TEAM_TAKEN' });
  expect(await desk.refusal('status', '-t', 'mein')).toMatchObject({ exit: 3, hint: 'Did you mean mine?' });
  for (const [words, exit, code] of [
    [['mail', '--grep', '('], 2, 'USAGE'],
    [['mail', '--since', 'yesterday'], 2, 'USAGE'],
    [['mail', '--since', '-1'], 2, 'USAGE'],
    [['mail', '--from', 'nobody'], 3, 'AGENT_UNKNOWN'],
    [['tasks', 'edit', 't1'], 2, 'USAGE'],
    [['mail', '--agent', 'nobody'], 3, 'AGENT_UNKNOWN'],
    [['tasks', 'show', 't99'], 3, 'TASK_UNKNOWN'],
    [['tasks', 'shwo', 't1'], 2, 'USAGE'],
    [['tasks', 'add'], 2, 'USAGE'],
    [['tasks', 'add', 'x', '--owner', 'nobody'], 3, 'AGENT_UNKNOWN'],
    [['tasks', 'add', 'x', '--depends-on', 't99'], 3, 'TASK_UNKNOWN'],
    [['stop', 'lead'], 2, 'USAGE'],
    [['stop', 'nobody'], 3, 'AGENT_UNKNOWN'],
    [['spawn', 'Lead'], 2, 'NAME_INVALID'],
    [['send', 'lead', 'x', '--wait', 'read'], 2, 'USAGE'],
    [['mail', '--last', '0'], 2, 'USAGE'],
    [['mail', '--message', 'nothing'], 3, 'MESSAGE_UNKNOWN'],
    [['mail', '--timeline', '--json'], 2, 'USAGE'],
    [['wait', '--timeout', '0'], 5, 'WAIT_TIMEOUT'],
  ] as const) {
    expect(await desk.refusal(...words), words.join(' ').slice(0, 60)).toMatchObject({ exit, code });
  }
  expect(await desk.cowork(['attach', 'nobody'])).toMatchObject({ code: 3, stdout: '' });
  const blind = await desk.cowork(['attach']);
  expect(blind).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('cowork mail --follow'),
  });
  expect((await desk.json<{ state: string }>('stop')).state).toBe('stopped');
});

test('without --json an error is three short lines on stderr: what, why, what to do', async () => {
  const { code, stdout, stderr } = await openDesk().cowork([
    'launch',
    'x',
    '--grant',
    '/no/such/folder',
    ...REHEARSAL,
  ]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^.*\/no\/such\/folder.*\n {2}why: .*\n {2}do: {2}.*\n$/);
});

test('every command explains itself', async () => {
  const desk = openDesk();
  const general = await desk.cowork(['--help']);
  expect(general).toMatchObject({ code: 0, stderr: '' });
  for (const { name, describe, options = {} } of COMMANDS) {
    expect(general.stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    const { code, stdout, stderr } = await desk.cowork([name, '--help']);
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(describe); // long ones are wrapped
    for (const flag of Object.keys(options)) expect(stdout, name).toContain(`--${flag}`);
  }
  expect(existsSync(desk.home)).toBe(false);
});
