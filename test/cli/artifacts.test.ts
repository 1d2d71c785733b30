import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/cli/commands/artifacts.ts';
import { listArtifacts } from '../../src/team/artifacts.ts';
import { openUploads } from '../../src/team/uploads.ts';
import { eventually } from '../support/eventually.ts';
import { teamFiles } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('on a desktop a document is opened, and nothing that could run or fetch something by being opened', async () => {
  const dir = await teamFiles();
  const uploads = openUploads(dir, 'ada', 1);
  const names = ['page.html', 'drawing.svg', 'start.desktop', 'run.sh', 'none', 'words.md', 'sums.xlsx'];
  for (const name of names)
    await uploads.finish(await uploads.add(Buffer.from(name), undefined), { name, title: name, kind: 'x' });
  const desktop = await temporaryFolder();
  const program = join(desktop, 'xdg-open');
  writeFileSync(program, `#!/bin/sh\necho "$1" >> ${join(desktop, 'opened')}\n`);
  chmodSync(program, 0o755);
  const said: string[] = [];
  const stream = { isTTY: true, write: (text: string) => said.push(text) } as unknown as NodeJS.WriteStream; // what the command uses of it
  const env = { DISPLAY: ':0', PATH: `${desktop}:${process.env.PATH}` };
  const context = { env, home: dirname(dirname(dir)), stdout: stream, stderr: stream };
  for (const { id } of listArtifacts(dir))
    await run({ team: 'mine', action: 'open', id }, context as unknown as Parameters<typeof run>[1]); // the rest is for other commands
  const opened = () => readFileSync(join(desktop, 'opened'), 'utf8').trim().split('\n');
  await eventually('both documents to be opened', async () =>
    existsSync(join(desktop, 'opened')) && opened().length === 2 ? true : undefined,
  );
  expect(
    opened()
      .map((path) => path.slice(path.lastIndexOf('-') + 1))
      .sort(),
  ).toEqual(['sums.xlsx', 'words.md']);
  expect(said.filter((text) => text.startsWith('It is not opened by itself'))).toHaveLength(5);
  expect(said.filter((text) => text.startsWith(dir))).toHaveLength(7);
});
