import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { askApproval } from '../../src/team/approvals.ts';
import { updateTeam } from '../../src/team/team.ts';
import type { TeamSnapshot, TimelineItem } from '../../src/web/shapes.ts';
import { eventually } from '../support/eventually.ts';
import { teamFiles } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type Asker, openDashboard, readStream, type StreamReader } from './support/dashboard.ts';

const USER = { by: 'user', incarnation: 0 } as const;

async function withTeam(): Promise<{ dir: string; asker: Asker; snapshot: () => Promise<TeamSnapshot> }> {
  const dir = await teamFiles();
  const asker = await openDashboard(dirname(dirname(dir)));
  // What our own server says has the shape that the page relies on, too.
  return {
    dir,
    asker,
    snapshot: async () => (await asker.get('/api/teams/mine')).json as unknown as TeamSnapshot,
  };
}

const itemsOf = (stream: StreamReader): TimelineItem[] =>
  stream.events.flatMap((event) => (event.type === 'timeline' ? event.items : []));
const texts = (stream: StreamReader): string[] => itemsOf(stream).map(({ text }) => text);

describe('what the page is told', () => {
  it('is complete at the first paint: status, tasks, requests and the newest of the timeline', async () => {
    const { dir, snapshot } = await withTeam();
    const mailbox = openMailbox(dir);
    await mailbox.send({ from: 'ada', to: 'ben', text: 'hello', incarnation: 1 });
    await mailbox.broadcast({
      from: 'user',
      recipients: ['lead', 'ada', 'ben'],
      text: 'to all',
      incarnation: 0,
    });
    await openTaskList(dir).create({ ...USER, subject: 'Count' });
    await askApproval(dir, { kind: 'folder', agent: 'ada', incarnation: 1, what: '/data', why: 'to read' });
    const { status, tasks, approvals, timeline, hasOlder } = await snapshot();
    expect(status).toMatchObject({ team: 'mine', tasks: { pending: 1 }, alerts: [{ agent: 'ada' }] });
    expect(status.agents.map(({ name, unread }) => [name, unread])).toEqual([
      ['lead', 1],
      ['ada', 1],
      ['ben', 2],
    ]);
    expect(tasks).toMatchObject([{ id: 't1', subject: 'Count', state: 'pending' }]);
    expect(approvals).toMatchObject([{ id: 'a1', state: 'open' }]);
    const told = timeline.map(({ kind, who, text, to }) => [kind, who, text, to?.length]);
    // Not the alert of the request, too: it would say the same.
    expect(told).toHaveLength(4);
    // What happened within one millisecond stands in the order of its keys.
    expect(told).toEqual(
      expect.arrayContaining([
        ['message', 'ada', 'hello', 1],
        ['message', 'user', 'to all', 3],
        ['task', 'user', 't1 created: Count', undefined],
        ['approval', 'ada', 'a1 asks for a folder: /data. to read', undefined],
      ]),
    );
    expect(hasOlder).toBe(false);
  });

  it('goes on live from the same files, and a message comes with how far it is', async () => {
    const { dir, asker, snapshot } = await withTeam();
    const stream = readStream(asker, 'mine', { 'last-event-id': (await snapshot()).cursor });
    const mailbox = openMailbox(dir);
    await mailbox.send({ from: 'ada', to: 'user', text: 'hello', incarnation: 1 });
    await eventually('the message', () => texts(stream).includes('hello'));
    await mailbox.userInbox().mark('seen', [1]);
    await eventually('its mark', () => itemsOf(stream).some(({ to }) => to?.[0]?.state === 'seen'));
    const { id } = await openTaskList(dir).create({ ...USER, subject: 'Count' });
    await openTaskList(dir).claim({ by: 'ada', incarnation: 1, id });
    await eventually('the claim', () => texts(stream).some((text) => text.startsWith('t1 claimed')));
    await updateTeam(dir, (team) => ({
      ...team,
      phase: 'done',
      ended: new Date().toISOString(),
      summary: 'Counted.',
    }));
    await eventually('the end', () =>
      stream.events.some((event) => event.type === 'parts' && event.parts.status?.state === 'done'),
    );
    expect(stream.events.every(({ type }) => type !== 'reset')).toBe(true);
  });

  it('misses and repeats nothing when the connection is cut, from the last event on', async () => {
    const { dir, asker, snapshot } = await withTeam();
    const mailbox = openMailbox(dir);
    const first = readStream(asker, 'mine', { 'last-event-id': (await snapshot()).cursor });
    const heard: string[] = [];
    let stream = first;
    for (let i = 0; i < 30; i++) {
      await mailbox.send({ from: 'ada', to: 'ben', text: `number ${i}`, incarnation: 1 });
      if (i % 10 !== 9) continue;
      await eventually('something of it', () => stream.events.length > 0);
      stream.close();
      heard.push(...texts(stream));
      await mailbox.send({ from: 'ada', to: 'ben', text: `meanwhile ${i}`, incarnation: 1 });
      // The server has told of it before this page comes back.
      const isTold = async () => (await snapshot()).timeline.some(({ text }) => text === `meanwhile ${i}`);
      await eventually('the server to have seen it', isTold);
      stream = readStream(asker, 'mine', { 'last-event-id': stream.lastId });
    }
    await eventually('the last', () => texts(stream).includes('meanwhile 29'));
    heard.push(...texts(stream));
    const expected = Array.from({ length: 30 }, (_, i) => `number ${i}`).concat(
      'meanwhile 9',
      'meanwhile 19',
      'meanwhile 29',
    );
    expect(heard.toSorted()).toEqual(expected.toSorted());
  });

  it('begins anew with a snapshot when the server is another one', async () => {
    const { dir, asker, snapshot } = await withTeam();
    await openMailbox(dir).send({ from: 'ada', to: 'ben', text: 'hello', incarnation: 1 });
    const { cursor } = await snapshot();
    const other = await openDashboard(dirname(dirname(dir)));
    const stream = readStream(other, 'mine', { 'last-event-id': cursor });
    const [event] = await eventually('an event', () => stream.events.length > 0).then(() => stream.events);
    expect(event).toMatchObject({ type: 'reset', snapshot: { timeline: [{ text: 'hello' }] } });
    expect(asker.dashboard.port).not.toBe(other.dashboard.port);
  });

  it('gives older items page by page, and only those that pass the filter', async () => {
    const { dir, asker, snapshot } = await withTeam();
    const mailbox = openMailbox(dir, { durable: false });
    for (let i = 0; i < 450; i++)
      await mailbox.send({ from: i % 2 ? 'ada' : 'ben', to: 'lead', text: `number ${i}`, incarnation: 1 });
    await openTaskList(dir).create({ ...USER, subject: 'number x' });
    const newest = await snapshot();
    expect(newest.hasOlder).toBe(true);
    const seen = [...newest.timeline];
    for (let isMore = true; isMore; ) {
      const { json } = await asker.get(`/api/teams/mine/timeline?before=${seen[0]?.key}`);
      const page = json as unknown as { items: TimelineItem[]; hasOlder: boolean };
      seen.unshift(...page.items);
      isMore = page.hasOlder;
    }
    expect(seen.map(({ text }) => text)).toEqual([
      ...Array.from({ length: 450 }, (_, i) => `number ${i}`),
      't1 created: number x',
    ]);
    const { json } = await asker.get('/api/teams/mine/timeline?kinds=message&agent=ada&words=NUMBER%2044');
    const found = (json as unknown as { items: TimelineItem[] }).items.map(({ text }) => text);
    expect(found).toEqual(['number 441', 'number 443', 'number 445', 'number 447', 'number 449']);
  });

  it('shows the beginning of a long message, and the whole of it when it is asked for', async () => {
    const { dir, asker, snapshot } = await withTeam();
    const text = 'long '.repeat(20_000);
    const { id } = await openMailbox(dir).send({ from: 'ada', to: 'ben', text, incarnation: 1 });
    expect((await snapshot()).timeline).toMatchObject([{ isCut: true, text: text.slice(0, 2_000) }]);
    expect((await asker.get(`/api/teams/mine/messages/ben/${id}`)).json).toMatchObject({ id, text });
    expect((await asker.get('/api/teams/mine/messages/ben/none')).status).toBe(404);
  });

  it('says that a team was removed, and names the nearest one of an unknown name', async () => {
    const { dir, asker, snapshot } = await withTeam();
    const stream = readStream(asker, 'mine', { 'last-event-id': (await snapshot()).cursor });
    await (await import('node:fs/promises')).rm(dir, { recursive: true });
    await eventually('the end', () => stream.events.some(({ type }) => type === 'gone'));
    expect((await asker.get('/api/teams/mine')).json.error).toMatchObject({ code: 'TEAM_UNKNOWN' });
  });

  it('lists teams, and beside them those that can not be read', async () => {
    const { dir, asker } = await withTeam();
    const { mkdir, writeFile } = await import('node:fs/promises');
    await mkdir(`${dirname(dir)}/broken`);
    await writeFile(`${dirname(dir)}/broken/team.json`, '{');
    const { json } = await asker.get('/api/teams');
    expect(json).toMatchObject({ teams: [{ team: 'mine', agents: 3 }], unreadable: [{ team: 'broken' }] });
    const empty = await openDashboard(await temporaryFolder());
    expect((await empty.get('/api/teams')).json).toMatchObject({ teams: [], unreadable: [] });
  });

  it('comes from looking only: no file of the team is written to', async () => {
    const { dir, snapshot, asker } = await withTeam();
    await openMailbox(dir).send({ from: 'ada', to: 'user', text: 'hello', incarnation: 1 });
    const before = await fingerprint(dir);
    await snapshot();
    const stream = readStream(asker, 'mine', {});
    await eventually('a snapshot', () => stream.events.length > 0);
    expect(await fingerprint(dir)).toEqual(before);
  });
});

async function fingerprint(dir: string): Promise<string[]> {
  const { readdir, stat } = await import('node:fs/promises');
  const names = await readdir(dir, { recursive: true });
  return Promise.all(
    names.toSorted().map(async (name) => {
      const { mtimeMs, size } = await stat(`${dir}/${name}`);
      return `${name} ${mtimeMs} ${size}`;
    }),
  );
}
