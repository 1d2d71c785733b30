import { openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError, toCoworkError } from '../../protocol/errors.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import { openTaskList } from '../../tasklist/tasklist.ts';
import { readFigures, seriesOf } from '../../team/figures.ts';
import { teamFolder } from '../../team/paths.ts';
import { findTeam, listTeams } from '../../team/team.ts';
import type { App, Desk } from '../desk.ts';
import { readQuery } from '../read-body.ts';
import { TimelineAsked } from '../requests.ts';
import type { TeamSnapshot, TeamsPage } from '../shapes.ts';

/** Most items of one page of the line of time. */
const PAGE_MAX = 500;
/** Most moments of one answer: a chart has no more points. */
const MOMENTS_MAX = 240;

/** What the page reads: all teams, one team, older items, whole messages and the history of a task. */
export function addTeamRoutes(app: App, { home, feeds, launches }: Desk): void {
  app.get('/api/teams', async (context) =>
    context.json({
      ...(await listAll(home)),
      ...{ launches: launches.list(), readOnly: context.var.rights === 'read' },
    } satisfies TeamsPage),
  );
  app.get('/api/teams/:team', async (context) => {
    const shown = await feeds.use(context.req.param('team'), async (feed) => feed.snapshot());
    return context.json({ ...shown, readOnly: context.var.rights === 'read' } satisfies TeamSnapshot);
  });
  app.get('/api/teams/:team/timeline', async (context) => {
    const { before, kinds, agent, words, limit } = readQuery(context, TimelineAsked);
    const filter = { kinds: kinds?.split(','), agent, words };
    const page = await feeds.use(context.req.param('team'), async ({ timeline }) =>
      timeline.page(filter, Math.min(PAGE_MAX, Math.max(1, Number(limit))), before),
    );
    return context.json(page);
  });
  app.get('/api/teams/:team/messages/:to/:id', async (context) => {
    const { team, to, id } = context.req.param();
    const mailbox = openMailbox(findTeam(home, team));
    const found = (await mailbox.log({ agent: to })).find((message) => message.id === id);
    if (found === undefined) throw new CoworkError('MESSAGE_UNKNOWN', `There is no message ${id}.`);
    return context.json({ ...found, text: await mailbox.body(found) });
  });
  app.get('/api/teams/:team/figures', (context) => {
    const records = readFigures(findTeam(home, context.req.param('team')));
    return context.json(seriesOf(records, MOMENTS_MAX));
  });
  app.get('/api/teams/:team/tasks/:id', async (context) => {
    const { team, id } = context.req.param();
    return context.json(await openTaskList(findTeam(home, team)).get(id));
  });
}

type Listed = Pick<TeamsPage, 'teams' | 'unreadable'>;

async function listAll(home: string): Promise<Listed> {
  const page: Listed = { teams: [], unreadable: [] };
  for (const name of listTeams(home)) {
    try {
      const { agents, alerts, ...status } = await teamStatus(teamFolder(home, name));
      const { team, state, job, created, tasks, costUsd } = status;
      page.teams.unshift({
        ...{ team, state, job: job.slice(0, 500), created, tasks, costUsd },
        ...{ agents: agents.length, waiting: alerts.length },
      });
    } catch (error) {
      page.unreadable.push({ team: name, message: toCoworkError(error).message }); // the others are shown all the same
    }
  }
  return page;
}
