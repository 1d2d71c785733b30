import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Approval } from '../../src/protocol/approval.ts';
import { settingsFile } from '../../src/team/paths.ts';
import { readTeam } from '../../src/team/team.ts';
import { eventually } from '../support/eventually.ts';
import { sharedTeam } from '../support/team.ts';

const shared = sharedTeam('puppet', ['--teammates', '1']);

const ask = async (kind: string, target: string) => {
  const [step] = await shared().order('ada', [[['request_access', { kind, target, why: 'For the job.' }]]]);
  return step?.results[0];
};
const told = (id: string) =>
  eventually('ada to be told', async () =>
    (await shared().mail({ agent: 'ada', from: 'team' })).find(({ text }) => text.includes(`request ${id} `)),
  );

it('an agent that asks for a folder goes on, and has it when the user allows it', async () => {
  const team = shared();
  const more = join(team.folder, '..', 'more');
  mkdirSync(more);
  const answer = await ask('folder', `${more}:rw`);
  expect(answer?.json).toMatchObject({ request: 'a1', state: 'open' });
  const [asked] = await team.json<Approval[]>('approvals', '--team', team.name);
  expect(asked).toMatchObject({ id: 'a1', agent: 'ada', kind: 'folder', what: `${more}:rw` });
  expect((await team.status()).alerts).toMatchObject([{ agent: 'ada', kind: 'approval' }]);
  expect((await team.cowork(['approvals'])).stdout).toContain('a1  ada asks for a folder');
  // Without a machine nothing would hold an agent to these modes.
  for (const mode of ['keep', 'review'])
    expect(await team.refusal('approvals', 'allow', 'a1', '--mode', mode)).toMatchObject({
      code: 'GRANT_INVALID',
    });
  const { state } = await team.json<Approval>(
    'approvals',
    'allow',
    'a1',
    '--mode',
    'ro',
    '--note',
    'look only',
  );
  expect(state).toBe('allowed');
  expect(readTeam(team.dir).grants).toMatchObject([
    {},
    { name: 'more', path: more, mode: 'ro', approval: 'a1' },
  ]);
  expect((await told('a1')).text).toMatch(/allowed.*\(ro\).*look only/s);
  expect(await team.refusal('approvals', 'deny', 'a1')).toMatchObject({ exit: 4, code: 'APPROVAL_SETTLED' });
});

it('an agent that is denied is told, and nothing is granted', async () => {
  const team = shared();
  await ask('host', 'example.org');
  const before = readTeam(team.dir).grants;
  await team.json('approvals', 'deny', 'a2', '--note', 'not today');
  expect((await told('a2')).text).toMatch(/denied.*not today/s);
  expect(readTeam(team.dir).grants).toEqual(before);
});

it('asking does not tell an agent which folders the host has; allowing one that can not be granted is refused', async () => {
  const team = shared();
  const missing = await ask('folder', '/no/such/folder');
  const own = await ask('folder', team.home);
  const link = join(team.folder, '..', 'link');
  symlinkSync(join(team.home, 'teams'), link);
  const hidden = await ask('folder', link);
  const relative = await ask('folder', 'papers');
  for (const answer of [missing, own, hidden, relative])
    expect(answer?.json).toMatchObject({ state: 'open' });
  for (const id of ['a3', 'a4', 'a5', 'a6']) {
    expect(await team.refusal('approvals', 'allow', id)).toMatchObject({ exit: 2, code: 'GRANT_INVALID' });
  }
  expect(await team.json<Approval[]>('approvals')).toHaveLength(4);
  expect(await team.refusal('approvals', 'allow', 'a9')).toMatchObject({ exit: 3, code: 'APPROVAL_UNKNOWN' });
  expect(await team.refusal('approvals', 'alow', 'a3')).toMatchObject({
    exit: 2,
    hint: 'Did you mean allow?',
  });
});

it('a host that the user allows is on the list of the team at once; one that is none is refused to the agent', async () => {
  const team = shared();
  expect((await ask('host', 'https://example.org/x'))?.json.error).toMatchObject({ code: 'HOST_INVALID' });
  const answer = await ask('host', '*.Example.org:8443');
  const { request: id } = JSON.parse(answer?.text ?? '{}');
  await team.json('approvals', 'allow', id);
  expect(readTeam(team.dir).allowHosts).toEqual(['*.example.org:8443']);
  expect((await told(id)).text).toContain('Programs reach it through the proxy now');
});

it('no answer is no: when its time is over the agent is told, nothing allows it any more, and it may ask again', async () => {
  const team = shared();
  writeFileSync(settingsFile(team.home), JSON.stringify({ approvals: { minutes: { host: 0.02 } } }));
  const answer = await ask('host', 'late.example');
  const { request: id } = JSON.parse(answer?.text ?? '{}');
  expect((await told(id)).text).toContain('Nobody has answered');
  expect(await team.refusal('approvals', 'allow', id)).toMatchObject({
    code: 'APPROVAL_SETTLED',
    message: expect.stringContaining('over without an answer at'),
  });
  expect(readTeam(team.dir).allowHosts).not.toContain('late.example');
  expect(await team.json<Approval[]>('approvals', '--all')).toContainEqual(
    expect.objectContaining({ id, state: 'expired', answeredBy: 'team' }),
  );
  expect((await team.cowork(['approvals', '--all'])).stdout).toMatch(
    /late\.example\n.*\n.*; over without an answer at 2/,
  );
  writeFileSync(settingsFile(team.home), '{}');
  const again = await ask('host', 'late.example');
  await team.json('approvals', 'allow', JSON.parse(again?.text ?? '{}').request);
  expect(readTeam(team.dir).allowHosts).toContain('late.example');
});
