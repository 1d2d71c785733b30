import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRehearsal } from '../../src/model/rehearsal/load.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { perform } from './stage.ts';

test('The script that docs/models.md shows runs as it stands', async () => {
  const page = await readFile(new URL('../../docs/models.md', import.meta.url), 'utf8');
  const script = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const words = new URL('../../src/model/rehearsal/script.ts', import.meta.url).href;
  const folder = join(await temporaryFolder(), 'words');
  const file = `${folder}.ts`;
  await mkdir(folder);
  await writeFile(join(folder, 'a.txt'), 'one two three\n');
  await writeFile(file, script.replace('../../src/model/rehearsal/script.ts', words));
  const done = await perform({ rehearsal: await loadRehearsal(file), folder, teammates: ['ada'] });
  expect(done.summary).toBe('The words are counted.');
  expect(done.tasks).toMatchObject([{ state: 'completed', owner: 'ada', result: '3' }]);
});
