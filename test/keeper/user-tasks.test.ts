import { expect, test } from 'vitest';
import { NO_COMPONENTS } from '../../src/extensions/load/components.ts';
import { writeTeamExtensions } from '../../src/extensions/use/team-extensions.ts';
import { Channel } from '../../src/keeper/channel.ts';
import { createUserTasks, type UserTasks } from '../../src/keeper/user-tasks.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import type { AgentEvent } from '../../src/protocol/gate.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { eventually } from '../support/eventually.ts';
import { teamFiles } from '../support/team-files.ts';

/** A life of the lead's keeper, and the tasks that its agent is asked about. */
function live(dir: string): { asked: string[]; userTasks: UserTasks; end: () => Promise<void> } {
  const channel = new Channel();
  const over = new AbortController();
  const context = { dir, tasks: openTaskList(dir), mailbox: openMailbox(dir), channel };
  const userTasks = createUserTasks({ ...context, self: { role: 'lead' } });
  const asked: string[] = [];
  const listen = async (): Promise<void> => {
    for await (const event of channel.listen(over.signal)) asked.push(taskOf(event));
  };
  const running = [userTasks.follow(over.signal).catch(() => {}), listen()]; // it ends with its signal
  const end = async (): Promise<void> => {
    over.abort();
    await Promise.all(running);
  };
  return { asked, userTasks, end };
}

const taskOf = (event: AgentEvent): string => (event.type === 'user-task' ? event.task.id : event.type);

test('a task of the user is asked about in each life of the lead until a hook has answered, and never again; tasks of agents are not', async () => {
  const dir = await teamFiles();
  const hook = {
    ...{ event: 'TaskCreated', matcher: '*', type: 'command', what: 'true', args: null },
    ...{ isAsync: false, timeoutSeconds: 10, file: 'hooks/hooks.json' },
  };
  const source = { plugin: 'rules', folder: 'rules', version: '1', checksum: 'x', scope: 'user' } as const;
  await writeTeamExtensions(dir, {
    v: 1,
    sources: [{ ...NO_COMPONENTS, ...source, isAgreed: true, hooks: [hook] }],
  });
  const tasks = openTaskList(dir);
  const create = (by: string, subject: string) =>
    tasks.create({ by, incarnation: by === 'user' ? 0 : 1, subject });
  await create('lead', 'of the lead');
  const early = await create('user', 'added while no lead was there');

  const first = live(dir);
  await eventually('it to be asked about', () => first.asked.length > 0);
  await first.end(); // without an answer, as if it were killed

  const second = live(dir);
  await eventually('it to be asked about again', () => second.asked.length > 0);
  const late = await create('user', 'added now');
  await eventually('both to be asked about', () => second.asked.length > 1);
  expect(second.asked).toEqual([early.id, late.id]);
  await second.userTasks.checked({ id: early.id, refused: '' });
  await second.userTasks.checked({ id: late.id, refused: 'Too vague.' });
  await expect(second.userTasks.checked({ id: early.id, refused: 'x' })).rejects.toMatchObject({
    code: 'TASK_UNKNOWN',
  });
  await second.end();
  expect(second.asked).toEqual([early.id, late.id]);
  expect(await tasks.get(early.id)).toMatchObject({ state: 'pending' });
  expect(await tasks.get(late.id)).toMatchObject({
    state: 'cancelled',
    reason: expect.stringContaining('a hook refused it: Too vague.'),
  });
  expect((await openMailbox(dir).log({ agent: 'user' })).map(({ text }) => text)).toEqual([
    `The task ${late.id} that you added is cancelled: a hook refused it: Too vague.`,
  ]);

  const third = live(dir);
  const last = await create('user', 'added later');
  await eventually('the new one to be asked about', () => third.asked.length > 0);
  expect(third.asked).toEqual([last.id]);
  await third.end();
});
