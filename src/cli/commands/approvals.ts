import type { Approval } from '../../protocol/approval.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { answerRequest } from '../../supervisor/by-user/answer-request.ts';
import { listApprovals } from '../../team/approvals.ts';
import { findTeam, listTeams, readTeam } from '../../team/team.ts';
import type { CommandArguments, CommandModule } from '../command.ts';
import { renderAnswer, renderRequests } from '../render-requests.ts';
import { viewerName } from '../viewer-name.ts';

const ACTIONS = ['list', 'allow', 'deny'];

export const run: CommandModule['run'] = async (args, { home, stdout }) => {
  if (args.action === undefined || args.action === 'list') {
    const isAll = args.all === true;
    const teams = args.everyTeam === true ? allTeams(home) : [findTeam(home, args.team)];
    const shown = teams.map((dir) => ({
      team: readTeam(dir).name,
      requests: listApprovals(dir).filter(({ state }) => isAll || state === 'open'),
    }));
    const rows = shown.flatMap(({ team, requests }) => requests.map((request) => ({ ...request, team })));
    stdout.write(args.json ? `${JSON.stringify(rows)}\n` : renderRequests(shown, isAll));
    return;
  }
  const dir = findTeam(home, args.team);
  const approval = await answer(dir, home, String(args.action), args);
  stdout.write(
    args.json ? `${JSON.stringify({ ...approval, team: readTeam(dir).name })}\n` : renderAnswer(approval),
  );
};

/** Folders of all teams whose record can be read: one that is damaged hides no other. */
function allTeams(home: string): string[] {
  return listTeams(home).flatMap((name) => {
    try {
      const dir = findTeam(home, name);
      readTeam(dir);
      return [dir];
    } catch (error) {
      if (error instanceof CoworkError) return []; // removed just now, or not readable, which `teams` tells
      throw error;
    }
  });
}

async function answer(dir: string, home: string, action: string, args: CommandArguments): Promise<Approval> {
  if (!ACTIONS.includes(action)) {
    const nearest = nearestName(action, ACTIONS);
    throw new CoworkError('USAGE', `cowork approvals can't ${action}.`, {
      hint: nearest === undefined ? 'It can list, allow and deny.' : `Did you mean ${nearest}?`,
    });
  }
  if (typeof args.id !== 'string') {
    throw new CoworkError('USAGE', `cowork approvals ${action} needs the id of a request.`, {
      hint: `cowork approvals ${action} ID`,
    });
  }
  return answerRequest(dir, home, {
    ...{ id: args.id, isAllowed: action === 'allow', mode: args.mode },
    ...{ where: 'command line', who: viewerName() },
    note: typeof args.note === 'string' ? args.note : '',
    limit: typeof args.limit === 'number' ? args.limit : undefined,
    reach: args.always === true ? 'project' : 'team',
  });
}
