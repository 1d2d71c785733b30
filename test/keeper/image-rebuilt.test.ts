import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { templatesFolder } from '../../src/team/paths.ts';
import { ensureImage } from '../../src/vm/image/build.ts';
import { listTemplates } from '../../src/vm/template/template.ts';
import { openDesk } from '../support/cowork.ts';
import { testImage } from '../support/image.ts';
import { fixture, teamOn } from '../support/team.ts';

// Builds an image and boots two templates, some minutes in all: run by `npm run soak`.
test.runIf(process.env.COWORK_SOAK !== undefined)(
  'a team that was stopped goes on in an image that was built anew meanwhile, from a template of that one',
  { timeout: 900_000, retry: 0 },
  async ({ onTestFinished }) => {
    const desk = openDesk(onTestFinished);
    const images = join(desk.tmp, 'images');
    desk.env.COWORK_IMAGES = images;
    const before = await testImage();
    cpSync(before.directory, join(images, basename(before.directory)), { recursive: true });
    const launched = await desk.json<{ team: string; dir: string }>(
      ...['launch', 'Do as you are told', '--rehearsal', fixture('puppet'), '--teammates', '0'],
      ...['--grant', desk.folder],
    );
    const team = teamOn(desk, launched.team, launched.dir);
    const bash = async (command: string): Promise<string> => {
      const [step] = await (await team.begin('lead', [[['bash', { command }]]])).done(180_000);
      return step?.results[0]?.text ?? '';
    };
    expect(await bash('hostname && echo kept > /grants/mine/kept')).toContain('lead');
    const old = listTemplates(templatesFolder(images)).map(({ key }) => key);
    expect(old).toHaveLength(1);
    await team.json('stop', '-t', team.name);

    const rebuilt = await ensureImage({ directory: images, force: true });
    expect(rebuilt.key).toBe(before.key);
    expect(rebuilt.manifest.created).not.toBe(before.manifest.created);

    await team.json('resume', '-t', team.name);
    expect(await bash('cat /grants/mine/kept && uname -r')).toContain(
      `kept\n${rebuilt.manifest.kernelVersion}`,
    );
    const now = listTemplates(templatesFolder(images)).map(({ key }) => key);
    expect(now.some((key) => !old.includes(key))).toBe(true);
    const said = JSON.stringify(team.transcript('lead'));
    expect(said).toContain('echo kept'); // its conversation is the one before
    expect(said).toContain('You were restarted');
    await team.json('stop', '-t', team.name);
  },
);
