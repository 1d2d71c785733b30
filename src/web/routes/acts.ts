import type { Context } from 'hono';
import { openMailbox } from '../../mailbox/mailbox.ts';
import type { Task } from '../../protocol/task.ts';
import { userName } from '../../store/user-name.ts';
import { answerRequest } from '../../supervisor/by-user/answer-request.ts';
import { broadcastAsUser, sendAsUser } from '../../supervisor/by-user/say.ts';
import { stopMember, stopTeam } from '../../supervisor/by-user/stop.ts';
import { type Outcome, openTaskList } from '../../tasklist/tasklist.ts';
import { findMember, findTeam, readTeam } from '../../team/team.ts';
import type { App, Desk, Env } from '../desk.ts';
import { readBody } from '../read-body.ts';
import {
  Cancel,
  Letter,
  NewTask,
  Nothing,
  Release,
  Said,
  Spawn,
  Stop,
  TaskChange,
  Word,
} from '../requests.ts';
import { flag, IMAGE_MS } from './machine.ts';

const USER = { by: 'user', incarnation: 0 } as const;

/** Agents have 240 s to be ready, in milliseconds; before that the team is looked over. */
const START_MS = 300_000;

/** What a person does to a team, by the functions of the commands of the same names. */
export function addActRoutes(app: App, { home, commands, launches }: Desk): void {
  const dirOf = (context: Context<Env>): string => findTeam(home, context.req.param('team'));
  /** An owner has to be on the roster, as on the command line. */
  const checkOwner = (dir: string, owner: string | null | undefined): void => {
    if (typeof owner === 'string') findMember(readTeam(dir), owner);
  };

  app.post('/api/teams/:team/messages', async (context) => {
    const dir = dirOf(context);
    const { replyTo, ...word } = await readBody(context, Letter);
    const answers = replyTo === undefined ? {} : { replyTo };
    return context.json(await sendAsUser(dir, openMailbox(dir), { ...word, ...answers }));
  });
  app.post('/api/teams/:team/broadcast', async (context) => {
    const dir = dirOf(context);
    return context.json(await broadcastAsUser(dir, openMailbox(dir), await readBody(context, Word)));
  });
  app.post('/api/teams/:team/approvals/:id', async (context) => {
    const answer = await readBody(context, Said);
    return context.json(
      await answerRequest(dirOf(context), home, {
        ...answer,
        ...{ id: context.req.param('id'), where: 'browser', who: userName() },
      }),
    );
  });
  app.post('/api/teams/:team/tasks', async (context) => {
    const dir = dirOf(context);
    const task = await readBody(context, NewTask);
    checkOwner(dir, task.owner);
    return context.json(await openTaskList(dir).create({ ...USER, ...task }));
  });
  app.post('/api/teams/:team/tasks/:id/edit', async (context) => {
    const dir = dirOf(context);
    const change = defined(await readBody(context, TaskChange));
    checkOwner(dir, change.owner);
    return context.json(
      taskOf(await openTaskList(dir).edit({ ...USER, id: context.req.param('id'), ...change })),
    );
  });
  app.post('/api/teams/:team/tasks/:id/release', async (context) => {
    const dir = dirOf(context);
    const change = await readBody(context, Release);
    checkOwner(dir, change.owner);
    const release = {
      ...USER,
      id: context.req.param('id'),
      reason: change.reason,
      ...defined({ owner: change.owner }),
    };
    return context.json(taskOf(await openTaskList(dir).release(release)));
  });
  app.post('/api/teams/:team/tasks/:id/cancel', async (context) => {
    const { reason, only } = await readBody(context, Cancel);
    const cancel = { ...USER, id: context.req.param('id'), reason, cascade: !only };
    return context.json(taskOf(await openTaskList(dirOf(context)).cancel(cancel)));
  });
  app.post('/api/teams/:team/stop', async (context) => {
    const { agent } = await readBody(context, Stop);
    const dir = dirOf(context);
    if (agent === undefined) await stopTeam(home, dir);
    else await stopMember(home, dir, agent);
    return context.json({});
  });
  app.post('/api/teams/:team/resume', async (context) => {
    await readBody(context, Nothing);
    const { name, image = 'plain' } = readTeam(dirOf(context));
    // The command: it builds the image when it is not there.
    const deadlineMs = START_MS + (image === 'plain' ? 0 : IMAGE_MS);
    await launches.run(name, ['resume', '--detach', `--team=${name}`], deadlineMs);
    return context.json({});
  });
  app.post('/api/teams/:team/spawn', async (context) => {
    const { name, role, prompt, model } = await readBody(context, Spawn);
    const team = readTeam(dirOf(context)).name;
    const words = [...flag('role', role), ...flag('prompt', prompt), ...flag('model', model)];
    await commands.run(['spawn', `--team=${team}`, ...words, '--', name]);
    return context.json({});
  });
  app.post('/api/teams/:team/remove', async (context) => {
    await readBody(context, Nothing);
    await commands.run(['remove', '--yes', `--team=${readTeam(dirOf(context)).name}`]);
    return context.json({});
  });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without what was left out. */
function defined<T extends object>(given: T): Partial<Defined<T>> {
  const there = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as Partial<Defined<T>>; // what is undefined is not in it
}

function taskOf(outcome: Outcome): Task {
  if (!outcome.ok) throw outcome.refusal;
  return outcome.task;
}
