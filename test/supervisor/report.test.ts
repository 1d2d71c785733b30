import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { collectReport } from '../../src/supervisor/report/collect.ts';
import { renderReport } from '../../src/supervisor/report/render.ts';
import { writeReport } from '../../src/supervisor/report/write.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { createTeam } from '../../src/team/team.ts';
import { openUploads } from '../../src/team/uploads.ts';
import { openDesk } from '../support/cowork.ts';
import { teamFiles, teamRecord } from '../support/team-files.ts';

const USER = { by: 'user', incarnation: 0 } as const;
const EVIL = `</title></style><script>hit=1</script><img src=x onerror="hit=1">\u202e & "x"`;

describe('the report of a team', () => {
  it('tells summary, tasks, mail, artifacts and cost, and makes no markup of what agents wrote', async () => {
    const dir = await teamFiles({ job: EVIL, summary: EVIL, phase: 'done' });
    const { id } = await openTaskList(dir).create({ ...USER, subject: EVIL, description: EVIL });
    await openTaskList(dir).cancel({ ...USER, id, reason: EVIL });
    await openMailbox(dir).send({ from: 'ada', to: 'lead', text: EVIL, incarnation: 1 });
    const uploads = openUploads(dir, 'ada', 1);
    const draft = await uploads.add(Buffer.from(EVIL), undefined);
    await uploads.finish(draft, { name: 'notes.md', title: EVIL, kind: 'report' });
    const page = readFileSync(await writeReport(dir), 'utf8');
    expect(page.match(/<(?:script|img|iframe|link|a)\b/g)).toBeNull();
    expect(page).not.toContain('\u202e');
    expect(page).toContain("default-src 'none'");
    // job, summary, task with description and reason, mail, artifact with its title
    expect(page.split('&lt;script&gt;').length - 1).toBeGreaterThanOrEqual(7);
    for (const word of ['Summary', 'Tasks', 'Artifacts', 'Changes', 'Cost', 'Timeline', 'notes.md'])
      expect(page).toContain(word);
    expect(page).toContain('ada → lead');
  });

  it('opens with the first line of the job, says what is left open, shows results and small tables at a glance', async () => {
    const dir = await teamFiles({ job: `Count the words\n\n${'of every folder '.repeat(50)}` });
    const list = openTaskList(dir);
    const { id } = await list.create({ ...USER, subject: 'Not begun', description: '' });
    const uploads = openUploads(dir, 'ada', 1);
    const values = Buffer.from(`month,sum\nMay,"1,200"\n<b>,2\n`);
    await uploads.finish(await uploads.add(values, undefined), {
      name: 'sums.csv',
      title: 'Sums',
      kind: 'table',
    });
    const page = renderReport(await collectReport(dir));
    expect(page).toMatch(/<h1>Count the words<\/h1>[\s\S]*As it was given[\s\S]*of every folder/);
    expect(page).toMatch(
      new RegExp(`Left open[\\s\\S]*${id}</span> <span class="state pending">pending</span> Not begun`),
    );
    expect(page).toMatch(
      /<th>month<\/th>[\s\S]*<td>May<\/td><td class="n">1,200<\/td>[\s\S]*<td>&lt;b&gt;<\/td>/,
    );
    await list.cancel({ ...USER, id, reason: 'enough' });
    expect(renderReport(await collectReport(dir))).not.toContain('Left open');
  });

  it('shows the results before how they came about, each in its newest version, and scratch folders behind them', async () => {
    const dir = await teamFiles();
    await openTaskList(dir).create({ ...USER, subject: 'Count', description: '' });
    const uploads = openUploads(dir, 'ada', 1);
    for (const [title, kind, content] of [
      ['Scratch folder of ada', 'workspace', 'tar'],
      ['Words', 'text', 'first words'],
      ['Words', 'text', 'better words'],
    ] as const)
      await uploads.finish(await uploads.add(Buffer.from(content), undefined), { name: 'a.md', title, kind });
    const page = renderReport(await collectReport(dir));
    expect(page).toMatch(
      /Words<\/strong> \(version 2\)[\s\S]*12 bytes, by ada[\s\S]*better words[\s\S]*Earlier versions: r2[\s\S]*Scratch folder of ada[\s\S]*<h2>Tasks/,
    );
    expect(page).not.toContain('first words');
  });

  it('brings pictures along, leaves out what is too large, and says so', async () => {
    const dir = await teamFiles();
    const uploads = openUploads(dir, 'ada', 1);
    for (const [name, bytes] of [
      ['dot.png', Buffer.from('89504e47', 'hex')],
      ['long.csv', Buffer.alloc(300 * 1024, 'x')],
      ['sums.xlsx', Buffer.from('PK')],
    ] as const)
      await uploads.finish(await uploads.add(bytes, undefined), { name, title: name, kind: 'file' });
    const parts = await collectReport(dir);
    expect(parts.artifacts.map(({ content }) => content)).toEqual([
      { picture: 'data:image/png;base64,iVBORw==' },
      { left: 'too large to be shown here' },
      { left: 'a file of the type .xlsx' },
    ]);
    expect(renderReport(parts)).toContain('src="data:image/png;base64,iVBORw=="');
  });

  it('is made by `cowork report`, into the team, a file or the standard output', async () => {
    const desk = openDesk();
    await createTeam(desk.home, teamRecord({ phase: 'done', summary: 'All counted.' }));
    const { path } = await desk.json<{ path: string }>('report');
    expect(readFileSync(path, 'utf8')).toContain('All counted.');
    const { stdout } = await desk.cowork(['report', '--out', '-']);
    expect(stdout).toMatch(/^<!doctype html>[\s\S]*All counted\.[\s\S]*<\/html>\n$/);
  });
});
