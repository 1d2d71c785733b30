import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import type { TeamSnapshot } from '../../src/web/shapes.ts';
import { kill, PROGRAM } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { sharedTeam } from '../support/team.ts';

const team = sharedTeam('puppet');

it('`cowork web` shows a team at work, stops it and brings it back; its end ends nothing else', async () => {
  const { env, folder, name } = team();
  const web = spawn(process.execPath, [PROGRAM, 'web', '--json'], { env, cwd: folder });
  onTestFinished(() => void (web.pid && kill(web.pid)));
  const [line] = (await once(web.stdout, 'data')) as [Buffer];
  const { url, port } = JSON.parse(line.toString());
  const origin = new URL(url).origin;
  expect(origin).toBe(`http://127.0.0.1:${port}`);
  const entered = await fetch(url, { redirect: 'manual' });
  const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const look = async (): Promise<TeamSnapshot> => {
    const answer = await fetch(`${origin}/api/teams/${name}`, { headers: { cookie } });
    return (await answer.json()) as TeamSnapshot; // our own server
  };
  expect((await look()).status.agents.map((agent) => agent.name)).toEqual(['lead', 'ada', 'ben']);
  await team().order('ada', [[['send_message', { to: 'ben', text: 'hello ben' }]]]);
  await eventually('the message to be seen', async () => {
    const item = (await look()).timeline.find(({ text }) => text === 'hello ben');
    return item?.to?.some(({ state }) => state === 'acked');
  });
  const act = (path: string) =>
    fetch(`${origin}/api/teams/${name}/${path}`, {
      ...{ method: 'POST', body: '{}' },
      headers: { cookie, origin, 'content-type': 'application/json' },
    });
  expect((await act('stop')).status).toBe(200);
  expect((await look()).status.state).toBe('stopped');
  expect((await act('resume')).status).toBe(200);
  await team().settled('ada');
  await team().settled('lead');
  const { agents } = await team().status();
  web.kill('SIGTERM');
  expect(await once(web, 'close')).toEqual([0, null]);
  expect((await team().status()).agents.map(({ pid }) => pid)).toEqual(agents.map(({ pid }) => pid));
});
