import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { check } from '../../examples/reports/check.ts';
import { figuresOf } from '../../examples/reports/figures.ts';
import { isBlank, wordsOutside } from '../../examples/reports/pages.ts';
import { type Manifest, prepare } from '../../examples/reports/prepare.ts';
import rehearsal from '../../examples/reports/rehearsal.ts';
import { openDesk } from '../support/cowork.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { perform } from './stage.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/reports');
/** Made in the office image by the programs of the example, and opened by `open.sh` there. */
const MADE = join(import.meta.dirname, 'fixtures/reports');

let archive: string;
let manifest: Manifest;

beforeAll(async () => {
  archive = join(mkdtempSync(join(tmpdir(), 'cowork-archive-')), 'archive');
  manifest = await prepare(archive);
  return () => rmSync(join(archive, '..'), { recursive: true, force: true });
});

/** The reports in a folder of their own, to be spoilt. */
async function copied() {
  const folder = await temporaryFolder();
  cpSync(MADE, folder, { recursive: true });
  return { archive, reports: join(folder, 'reports'), opened: join(folder, 'opened') };
}

test('the checker believes reports of the office image, whose figures it counts again', async () => {
  expect(await check(await copied(), manifest)).toEqual({
    ok: true,
    mails: 486,
    problemsInArchive: 26,
    formulas: 256,
    slides: 7,
    pages: 3,
    problems: [],
  });
});

test('the checker finds pasted numbers, wrong values, dead formulas, hidden problems, empty pages and what is cut off', async () => {
  const places = await copied();
  const at = (name: string) => join(places.opened, name);
  const replace = (name: string, from: string, to: string) => {
    const text = readFileSync(at(name), 'utf8');
    expect(text).toContain(from);
    writeFileSync(at(name), text.replaceAll(from, to));
  };
  // By month: a value that is pasted, and one that is wrong.
  const spoil = `
import re, sys, zipfile
source = zipfile.ZipFile(sys.argv[1]); parts = {name: source.read(name) for name in source.namelist()}
name = 'xl/worksheets/sheet2.xml'
cells = iter(range(9999))
def pasted(found):
    return b'' if next(cells) == 0 else found.group(0)
parts[name] = re.sub(rb'<f[^>]*>[^<]*</f>', pasted, parts[name]).replace(b'<v>689249</v>', b'<v>689248</v>')
with zipfile.ZipFile(sys.argv[1], 'w') as made:
    for name, data in parts.items(): made.writestr(name, data)
`;
  const { status, stderr } = spawnSync('python3', ['-I', '-c', spoil, join(places.reports, 'archive.xlsx')], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  replace('book-By month.csv', '1689249', '689249');
  replace('report.txt', '68b089e3ca81.eml', '68b089e3ca8l.eml');
  replace('deck.html', '>hotmail.com</word>', '>elsewhere</word>');
  replace('report.info', 'Title:', 'Tilte:');
  writeFileSync(at('deck-3.pgm'), Buffer.concat([Buffer.from('P5\n10 10\n255\n'), Buffer.alloc(100, 255)]));
  writeFileSync(join(places.reports, 'notes.txt'), '');
  const { ok, problems } = await check(places, manifest);
  expect(ok).toBe(false);
  expect(problems).toEqual([
    'notes.txt: was left behind',
    expect.stringMatching(
      /^archive\.xlsx, By month, row \d+: says 2002-07 \| 112 \| 4 \| 0 \| 689248, counted .*689249$/,
    ),
    'archive.xlsx, By month: 1 numbers are no formulas',
    expect.stringMatching(
      /^By month, calculated anew with 1000000 bytes more, row \d+: says .* 689249, counted .* 1689249$/,
    ),
    'archive.pptx: a page is empty, deck-3.pgm',
    'archive.pptx: does not show hotmail.com',
    'archive.pdf: its properties have no title',
    'archive.pdf: does not name the problem 68b089e3ca81.eml no sender',
  ]);
  expect(
    wordsOutside('<page width="100" height="50"><word xMin="90" yMin="1" xMax="140" yMax="9">off</word>'),
  ).toEqual(['off']);
  expect([isBlank(Buffer.from('no picture')), isBlank(readFileSync(at('deck-2.pgm')))]).toEqual([
    true,
    false,
  ]);
});

test('without the programs of the image a team reads the whole archive, says what it could not make, and ends', async () => {
  const reports = join(await temporaryFolder(), 'reports');
  mkdirSync(reports);
  const done = await perform({
    rehearsal,
    folder: reports,
    teammates: ['ada', 'ben'],
    grants: [
      { name: 'reports', path: reports, mode: 'rw' },
      { name: 'archive', path: archive, mode: 'ro' },
    ],
  });
  expect(done.summary).toMatch(/^Not done\. Failed: t8 \(Make the workbook\)/);
  expect(done.tasks.filter(({ state }) => state === 'completed')).toHaveLength(7);
  expect(done.mail).toContainEqual(
    expect.objectContaining({
      from: 'lead',
      text: expect.stringMatching(/^Rule: a mail whose sender is no address/),
    }),
  );
  // What the team read and what the checker counts, by code that shares nothing.
  const { sheets } = await figuresOf(archive, manifest);
  const read = `
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import making
mails = making.read('mails')
print(json.dumps([[[m['file'], m['month'], m['year'], m['sender'], m['domain'], m['bytes'], m['copy']] for m in mails], [list(a.values()) for a in making.read('addresses')], making.problems(mails)]))
`;
  const { stdout, stderr } = spawnSync('python3', ['-c', read, EXAMPLE], { cwd: reports, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([
    sheets.Mails?.slice(1),
    sheets.Addresses?.slice(1),
    sheets.Problems?.slice(1),
  ]);
});

// Two teams in machines of the office image, which is built when it is not there: for `npm run soak`.
test.runIf(process.env.COWORK_SOAK !== undefined)(
  'a team makes workbook, deck and PDF in machines, another opens them in one of its own, and the checker believes them',
  { timeout: 3_600_000, retry: 0 },
  async () => {
    await testImage();
    const desk = openDesk();
    desk.env.COWORK_IMAGES = TEST_IMAGES;
    const places = { archive, reports: join(desk.tmp, 'reports'), opened: join(desk.tmp, 'opened') };
    mkdirSync(places.reports);
    mkdirSync(places.opened);
    const run = async (team: string, ...words: string[]) => {
      const { code, stderr } = await desk.cowork([
        'launch',
        '--team',
        team,
        '--image',
        'office',
        '--detach',
        ...words,
      ]);
      expect(code, stderr).toBe(0);
      expect(await desk.json('wait', '-t', team, '--timeout', '1700')).toMatchObject({ state: 'done' });
    };
    const skills = join(EXAMPLE, '../marketplace/plugins/documents');
    const grants = ['--grant', places.reports, '--grant', `${archive}:ro`, '--plugin', skills];
    const mates = ['--teammate', 'ada', '--teammate', 'ben', '--rehearsal', join(EXAMPLE, 'rehearsal.ts')];
    await run('makers', '--job-file', join(EXAMPLE, 'job.md'), ...grants, ...mates);
    const artifacts = await desk.json<{ kind: string }[]>('artifacts', '-t', 'makers');
    // Beside them, what agents had in their scratch folders.
    expect(artifacts.filter(({ kind }) => kind !== 'workspace')).toHaveLength(3);
    const see = [
      '--grant',
      `${places.reports}:ro`,
      '--grant',
      places.opened,
      '--rehearsal',
      join(EXAMPLE, 'inspect.ts'),
    ];
    await run('inspector', 'Open the reports', '--teammates', '0', ...see);
    expect(await check(places, manifest)).toMatchObject({ ok: true, problems: [] });
  },
);
