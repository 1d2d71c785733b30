import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toCoworkError } from '../../src/protocol/errors.ts';
import { artifactsFolder, listArtifacts } from '../../src/team/artifacts.ts';
import { createTeam } from '../../src/team/team.ts';
import { ARTIFACT_MAX, openUploads, type Uploads } from '../../src/team/uploads.ts';
import { canMount, smallDisk } from '../store/support/small-disk.ts';
import { teamFiles, teamRecord } from '../support/team-files.ts';

const present = async (uploads: Uploads, name: string, title: string, content: string) =>
  uploads.finish(await uploads.add(Buffer.from(content), undefined), { name, title, kind: 'file' });

const copies = (dir: string) =>
  readdirSync(artifactsFolder(dir)).filter((name) => name !== 'artifacts.jsonl');

test('versions of a title count on, also when two agents present at once; what is there byte for byte is no further version', async () => {
  const dir = await teamFiles();
  const [ada, ben] = [openUploads(dir, 'ada', 1), openUploads(dir, 'ben', 1)];
  for (let n = 1; n <= 50; n++)
    expect(await present(ada, 'sums.csv', 'Sums', `a\n${n}\n`)).toMatchObject({ id: `r${n}`, version: n });
  expect(await present(ada, 'sums.csv', 'Sums', 'a\n50\n')).toMatchObject({ id: 'r50', version: 50 });
  // What was a version before, and is not now, is one again.
  expect(await present(ada, 'sums.csv', 'Sums', 'a\n1\n')).toMatchObject({ version: 51 });
  await Promise.all([present(ada, 'x.md', 'Both', 'by ada'), present(ben, 'x.md', 'Both', 'by ben')]);
  const both = listArtifacts(dir).filter(({ title }) => title === 'Both');
  expect(both.map(({ version }) => version)).toEqual([1, 2]);
  for (const { path, maker } of both) expect(readFileSync(path, 'utf8')).toBe(`by ${maker}`);
  expect(copies(dir)).toHaveLength(53);
});

test('whatever a file and its title are called, the copy has a plain name and the download a harmless one', async () => {
  const dir = await teamFiles();
  const uploads = openUploads(dir, 'ada', 1);
  const named: Record<string, string> = {
    'Bericht für März (neu).pdf': 'Bericht für März (neu).pdf',
    '売上.csv': '売上.csv',
    '../../etc/passwd': 'passwd',
    '..': 'artifact',
    '-rf --all.csv': 'rf --all.csv',
    '.hidden.md': 'hidden.md',
    'two\nlines.md': 'two␊lines.md',
    'exe\u202efdp.md': 'exe_U+202E_fdp.md',
    'C:\\x|y?.txt': 'C__x_y_.txt',
    [`${'ä'.repeat(125)}.xlsx`]: `${'ä'.repeat(100)}.xlsx`,
    [`${'a'.repeat(99)}😀.md`]: `${'a'.repeat(99)}\ufffd.md`,
  };
  for (const [given, name] of Object.entries(named)) {
    const made = await present(uploads, given, `${given}\u001b[2J`, given);
    expect(made, given).toMatchObject({ name });
    expect(made.path.slice(artifactsFolder(dir).length + 1)).toMatch(/^[0-9A-Z]{26}-[\w-][\w.-]{0,79}$/);
    expect(made.title).not.toMatch(/\p{Cc}|\u202e/u);
  }
  // Records of before the name was kept.
  const journal = join(artifactsFolder(dir), 'artifacts.jsonl');
  writeFileSync(journal, readFileSync(journal, 'utf8').replaceAll(/"name":"[^"]*",/g, ''));
  expect(listArtifacts(dir)[0]?.name).toBe('Bericht_f_r_M_rz__neu_.pdf');
});

test('what is too large, given up on or cut off leaves nothing behind', async () => {
  const dir = await teamFiles();
  const uploads = openUploads(dir, 'ada', 1);
  const piece = Buffer.alloc(ARTIFACT_MAX / 2);
  const draft = await uploads.add(piece, undefined);
  await uploads.add(piece, draft);
  await expect(uploads.add(Buffer.from('x'), draft)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
  await expect(uploads.add(piece, draft)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  expect(copies(dir)).toEqual([]);
  // Begun again and again, and never ended: the oldest go.
  const first = await uploads.add(Buffer.from('first'), undefined);
  for (let n = 0; n < 40; n++) {
    await uploads.add(Buffer.from('x'), undefined);
    if (n < 20) await uploads.add(Buffer.from(','), first);
  }
  expect(copies(dir)).toHaveLength(16);
  await expect(uploads.finish(first, { name: 'a', title: 'a', kind: 'a' })).rejects.toThrow('no such upload');
  // The next life of this agent clears up after it, and after nobody else.
  const other = await openUploads(dir, 'ada-2', 1).add(Buffer.from('x'), undefined);
  openUploads(dir, 'ada', 2);
  expect(copies(dir)).toEqual([`.ada-2.${other}.tmp`]);
});

test.skipIf(!canMount)(
  'on a full disk presenting fails and says so, and what was written of it makes room again',
  async () => {
    const dir = await createTeam(await smallDisk(512), teamRecord());
    const uploads = openUploads(dir, 'ada', 1);
    const piece = Buffer.alloc(150 * 1024);
    const draft = await uploads.add(piece, undefined);
    await uploads.add(piece, draft);
    const failed = await uploads.add(Buffer.concat([piece, piece]), draft).catch((error: unknown) => error);
    expect(toCoworkError(failed)).toMatchObject({ code: 'DISK_FULL' });
    await expect(uploads.finish(draft, { name: 'a', title: 'a', kind: 'a' })).rejects.toThrow(
      'no such upload',
    );
    expect(listArtifacts(dir)).toEqual([]);
    expect(await present(uploads, 'small.md', 'Small', 'x'.repeat(200 * 1024))).toMatchObject({ id: 'r1' });
  },
);
