import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openUpstream, type UpstreamOptions } from '../../src/model/open-upstream.ts';
import { temporaryFolder } from '../support/temporary.ts';

const context = { team: 'demo', job: '', grants: [], teammates: [] };
const open = (env: UpstreamOptions['env'], rehearsal?: string) => openUpstream({ env, rehearsal, context });

test('With neither key nor base URL nor rehearsal the error names the three ways out', async () => {
  await expect(open({})).rejects.toMatchObject({
    code: 'MODEL_NOT_CONFIGURED',
    exitCode: 2,
    hint: expect.stringMatching(/ANTHROPIC_API_KEY.*ANTHROPIC_BASE_URL.*--rehearsal/),
  });
  await expect(open({ ANTHROPIC_API_KEY: ' ', ANTHROPIC_BASE_URL: '' })).rejects.toMatchObject({
    code: 'MODEL_NOT_CONFIGURED',
  });
});

test('A key alone means Anthropic, a base URL alone any server, and a rehearsal wins over both', async () => {
  await using anthropic = await open({ ANTHROPIC_API_KEY: 'sk-1' });
  expect([anthropic.kind, anthropic.label]).toEqual(['anthropic', 'Anthropic (api.anthropic.com)']);
  await using compatible = await open({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:11434/' });
  expect([compatible.kind, compatible.label]).toEqual(['compatible', '127.0.0.1:11434']);
  const script = await scriptWith(
    `export default { title: 'Hello', *lead() {}, *teammate(agent: { name: string }) { agent.name; } };`,
  );
  await using rehearsal = await open({ ANTHROPIC_API_KEY: 'sk-1' }, script);
  expect([rehearsal.kind, rehearsal.label]).toEqual(['rehearsal', 'rehearsal: Hello']);
});

test('A base URL that is no address, and a key with a line end inside, are refused without being shown', async () => {
  for (const url of ['localhost:1234', 'ftp://x', 'http://me:secret@host', 'http://host/?a=secret']) {
    const error = await open({ ANTHROPIC_BASE_URL: url }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'MODEL_URL_INVALID', exitCode: 2 });
    expect(JSON.stringify(error)).not.toContain('secret');
  }
  const error = await open({ ANTHROPIC_API_KEY: 'sk-sec\nret' }).catch((caught) => caught);
  expect(error).toMatchObject({ code: 'MODEL_KEY_INVALID' });
  expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('sk-sec');
});

test('A rehearsal that is missing, broken or of the wrong shape is refused by its path', async () => {
  await expect(open({}, '/nowhere/script.ts')).rejects.toMatchObject({
    code: 'REHEARSAL_INVALID',
    message: 'there is no rehearsal at /nowhere/script.ts',
  });
  for (const text of ['export default {', 'export default { title: 1 }', 'throw new Error("no")']) {
    const file = await scriptWith(text);
    await expect(open({}, file)).rejects.toMatchObject({
      code: 'REHEARSAL_INVALID',
      message: expect.stringContaining(file),
    });
  }
});

async function scriptWith(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'script.ts');
  await writeFile(file, text);
  return file;
}
