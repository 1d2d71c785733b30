import {
  appendFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { answerApproval, askApproval, listApprovals } from '../../src/team/approvals.ts';
import { LABEL } from '../../src/team/archive/contents.ts';
import { exportTeam } from '../../src/team/archive/export.ts';
import { importTeam } from '../../src/team/archive/import.ts';
import { appendLedger, lastIncarnation, readLedger } from '../../src/team/ledger.ts';
import { homeOf, keeperLog, recordingFile, teamsFolder } from '../../src/team/paths.ts';
import { readTeam } from '../../src/team/team.ts';
import { listTeamFiles } from '../../src/team/team-sizes.ts';
import { teamFiles, teamRecord } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ENDED = { phase: 'done', ended: '2026-01-02T00:00:00.000Z', summary: 'Counted.' } as const;

/** A team that has ended, with something of everything that matters. */
async function endedTeam() {
  const dir = await teamFiles({
    ...ENDED,
    grants: [{ name: 'etc', path: '/etc', mode: 'rw' }],
    allowHosts: ['evil.example'],
    rehearsal: '/tmp/evil.ts',
    project: '/home/me',
    instructions: 'Do evil.',
  });
  await openMailbox(dir).send({
    from: 'user',
    to: 'ada',
    text: `Hello. ${'x'.repeat(40_000)}`,
    incarnation: 0,
  });
  await openTaskList(dir).create({ by: 'lead', incarnation: 1, subject: 'Count' });
  await appendLedger(dir, { type: 'incarnation_planned', agent: 'ada', incarnation: 3 });
  await appendLedger(dir, {
    type: 'started',
    what: 'folder',
    agent: 'ada',
    incarnation: 3,
    path: '/home/me',
  });
  await askApproval(dir, { kind: 'folder', agent: 'ada', incarnation: 1, what: '/etc:rw', why: 'x' });
  await answerApproval(dir, {
    ...{ id: 'a1', state: 'allowed', by: 'user', where: 'pane', who: 'mia' },
    result: { path: '/etc', mode: 'rw' },
  });
  await askApproval(dir, { kind: 'host', agent: 'ada', incarnation: 1, what: 'evil.example', why: 'x' });
  writeFileSync(recordingFile(dir, 'ada'), '{}\n');
  writeFileSync(keeperLog(dir, 'ada'), '');
  mkdirSync(join(dir, 'git/repo/hub.git/hooks'), { recursive: true });
  writeFileSync(join(dir, 'git/repo/hub.git/hooks/pre-receive'), 'evil');
  writeFileSync(join(dir, 'extensions.json'), '{"v":1,"sources":[]}');
  return dir;
}

test('a team that travels is the same to look at, and is granted nothing where it arrives', async () => {
  const dir = await endedTeam();
  const file = join(await temporaryFolder(), 'mine.tar.gz');
  const { files } = await exportTeam(dir, file);
  expect(files).toBeGreaterThan(8);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expect(exportTeam(dir, file)).rejects.toMatchObject({ code: 'USAGE' });

  const home = await temporaryFolder();
  const { dir: there } = await importTeam({ home, file, name: 'other', images: '/images' });
  expect(readTeam(there)).toMatchObject({ name: 'other', job: 'Count.', ...ENDED, images: '/images' });
  expect(readTeam(there)).toMatchObject({ grants: [], allowHosts: [], rehearsal: null, sandbox: 'vm' });
  for (const field of ['project', 'instructions', 'store', 'check', 'record'])
    expect(readTeam(there)).not.toHaveProperty(field);
  const mailbox = openMailbox(there);
  const [message] = await mailbox.log();
  expect((await mailbox.body(message as never)).length).toBeGreaterThan(40_000);
  expect(await openTaskList(there).list()).toMatchObject([{ id: 't1', subject: 'Count' }]);
  // Lives are counted on; nothing that was started there is ended or removed here.
  expect(lastIncarnation(readLedger(there), 'ada')).toBe(3);
  expect(readLedger(there).map(({ type }) => type)).toEqual(['incarnation_planned']);
  // The record of answers is there to read, and lands nothing; nobody is asked any more.
  expect(listApprovals(there)).toMatchObject([
    { id: 'a1', state: 'allowed', answeredWho: 'mia', result: {} },
    { id: 'a2', state: 'expired', detail: {} },
  ]);
  for (const { result, detail } of listApprovals(there))
    expect({ result, detail }).toEqual({ result: {}, detail: {} });
  expect(existsSync(join(there, 'git'))).toBe(false);
  expect(existsSync(join(there, 'extensions.json'))).toBe(false);
  expect(existsSync(recordingFile(there, 'ada'))).toBe(true);
  for (const { path } of listTeamFiles(there))
    expect(statSync(join(there, path)).mode & 0o777, path).toBe(0o600);
  await expect(importTeam({ home, file, name: 'other', images: '/images' })).rejects.toMatchObject({
    code: 'TEAM_TAKEN',
  });
  expect(readdirSync(teamsFolder(home))).toEqual(['other']);
});

test('a team that runs is not exported', async () => {
  const dir = await teamFiles();
  const file = join(await temporaryFolder(), 'x.tar.gz');
  await expect(exportTeam(dir, file)).rejects.toMatchObject({ code: 'TEAM_RUNNING' });
  expect(existsSync(file)).toBe(false);
});

type Piece = [Partial<Header> & { name: string }, string?];
const record = JSON.stringify(teamRecord({ ...ENDED }));

/** An archive of these entries, with a label that tells the truth unless another is given. */
async function archive(pieces: Piece[], label: object = {}): Promise<string> {
  const file = join(await temporaryFolder(), 'hostile.tar.gz');
  const all: Piece[] = [[{ name: 'team/team.json' }, record], ...pieces];
  const bytes = all.reduce((sum, [, text = '']) => sum + text.length, 0);
  const honest = { v: 1, team: 'mine', exported: '', files: all.length, bytes, ...label };
  const tar = pack();
  tar.entry({ name: LABEL }, JSON.stringify(honest));
  for (const [header, text = ''] of all) tar.entry(header as Header, text);
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(file));
  return file;
}

test.each<[string, Piece[], object?]>([
  ['a path upwards', [[{ name: 'team/../../../evil' }, 'x']]],
  ['a path upwards inside of what is taken', [[{ name: 'team/memory/../team.json' }, 'x']]],
  ['an absolute path', [[{ name: '/etc/evil' }, 'x']]],
  ['a path beside the team', [[{ name: 'evil' }, 'x']]],
  ['a link', [[{ name: 'team/memory/link', type: 'symlink', linkname: '/etc/passwd' }]]],
  ['a hard link', [[{ name: 'team/memory/link', type: 'link', linkname: '/etc/passwd' }]]],
  ['a device', [[{ name: 'team/memory/zero', type: 'character-device' }]]],
  ['a pipe', [[{ name: 'team/supervisor.log', type: 'fifo' }]]],
  ['a file that no team has', [[{ name: 'team/agents/ada/keeper.sock' }, 'x']]],
  ['plugins', [[{ name: 'team/extensions.json' }, '{}']]],
  ['a repository', [[{ name: 'team/git/repo/hub.git/config' }, 'x']]],
  ['an agent whose name leads elsewhere', [[{ name: 'team/agents/../transcript.jsonl' }, 'x']]],
  ['control characters in a name', [[{ name: 'team/memory/a\u001bb' }, 'x']]],
  [
    'the same file twice',
    [
      [{ name: 'team/ledger.jsonl' }, 'x'],
      [{ name: 'team/ledger.jsonl' }, 'y'],
    ],
  ],
  ['more than it says', [[{ name: 'team/memory/a' }, 'xxxx']], { bytes: record.length + 1 }],
  ['more files than it says', [[{ name: 'team/memory/a' }, 'x']], { files: 1 }],
  ['less than it says', [], { bytes: record.length + 1 }],
  ['another version', [], { v: 2 }],
  ['a name that leads elsewhere', [], { team: '../evil' }],
  ['more than is allowed', [], { bytes: 5 * 1024 ** 3 }],
  ['a count that is none', [], { bytes: -1 }],
])('an archive with %s is refused whole', async (_, pieces, label) => {
  const home = await temporaryFolder();
  const file = await archive(pieces, label);
  await expect(importTeam({ home, file, images: '/images' })).rejects.toMatchObject({
    code: 'ARCHIVE_INVALID',
  });
  expect(readdirSync(teamsFolder(home))).toEqual([]);
  expect(readdirSync(home)).toEqual(['teams']);
});

test('what is no archive, cut short, or a bomb is refused, and nothing is left', async () => {
  const home = await temporaryFolder();
  const good = readFileSync(await archive([[{ name: 'team/memory/a' }, 'x'.repeat(10_000)]]));
  const file = join(await temporaryFolder(), 'file');
  const bomb = pack();
  bomb.entry({ name: LABEL }, JSON.stringify({ v: 1, team: 'mine', exported: '', files: 1, bytes: 100 }));
  bomb.entry({ name: 'team/memory/zeros' }, Buffer.alloc(64 * 1024 * 1024));
  bomb.finalize();
  const bombFile = `${file}.bomb`;
  await pipeline(bomb, createGzip(), createWriteStream(bombFile));
  const contents = [
    'no archive',
    '',
    good.subarray(0, -40),
    gzipSync('no tar'),
    gzipSync(gunzipSync(good).subarray(0, 1000)),
    readFileSync(bombFile),
  ];
  for (const content of contents) {
    writeFileSync(file, content);
    await expect(importTeam({ home, file, images: '/images' })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    expect(readdirSync(teamsFolder(home))).toEqual([]);
  }
});

test.each([
  ['no team', '{}'],
  [
    'a lead whose name leads elsewhere',
    JSON.stringify(teamRecord({ ...ENDED, agents: [{ ...teamRecord().agents[0], name: '../x' } as never] })),
  ],
  ['torn', record.slice(0, 50)],
])('a team.json that is %s is refused', async (_, text) => {
  const home = await temporaryFolder();
  const dir = await teamFiles(ENDED);
  const file = join(homeOf(dir), 'x.tar.gz');
  writeFileSync(join(dir, 'alerts.jsonl'), '');
  await exportTeam(dir, file);
  const tar = gunzipSync(readFileSync(file));
  const tampered = pack();
  const bytes = text.length;
  tampered.entry({ name: LABEL }, JSON.stringify({ v: 1, team: 'mine', exported: '', files: 1, bytes }));
  tampered.entry({ name: 'team/team.json' }, text);
  tampered.finalize();
  await pipeline(tampered, createGzip(), createWriteStream(file));
  expect(tar.length).toBeGreaterThan(0);
  await expect(importTeam({ home, file, images: '/images' })).rejects.toMatchObject({
    code: 'ARCHIVE_INVALID',
  });
});

test('a journal with damaged records arrives without them', async () => {
  const dir = await endedTeam();
  appendFileSync(join(dir, 'ledger.jsonl'), '\n{"torn');
  const file = join(await temporaryFolder(), 'mine.tar.gz');
  await exportTeam(dir, file);
  const { dir: there } = await importTeam({ home: await temporaryFolder(), file, images: '/images' });
  expect(readLedger(there)).toHaveLength(1);
});

test('a place that is not there is told by the name that was given, with what to do', async () => {
  const folder = await temporaryFolder();
  const nowhere = join(folder, 'nowhere', 'x.tar.gz');
  await expect(exportTeam(await endedTeam(), nowhere)).rejects.toMatchObject({
    code: 'FILE_FAILED',
    message: `There is no folder ${join(folder, 'nowhere')} for the archive.`,
    hint: expect.stringContaining('--to'),
  });
  const long = join(folder, `${'x'.repeat(250)}.gz`); // fits, and its draft does not
  await expect(exportTeam(await endedTeam(), long)).rejects.toMatchObject({
    code: 'FILE_FAILED',
    message: `${long} can't be written: ENAMETOOLONG.`,
  });
  for (const [file, why] of [
    [nowhere, 'not there'],
    [folder, 'no file'],
  ] as const)
    await expect(importTeam({ home: folder, file, images: '/nowhere' })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: `${file} is ${why}.`,
      hint: expect.stringContaining('cowork export'),
    });
});
