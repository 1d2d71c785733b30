import { CoworkError } from '../../protocol/errors.ts';
import { readConversation, turnsOf } from '../../team/conversation.ts';
import { findAgent, type TeamRecord } from '../../team/team.ts';

/** A point in the past of a team: the end of a turn of one agent; without one, now. */
export interface Moment {
  turn: { agent: string; number: number; records: number } | null;
  /** What was written later does not count. By the clock of the host. */
  until: string;
}

/** After all times that records have. */
const NOW = '9999';

/** Reads `TURN` or `AGENT:TURN`; a bare turn is the lead's. Throws USAGE, AGENT_UNKNOWN, TURN_UNKNOWN. */
export function findMoment(dir: string, team: TeamRecord, from: string | undefined): Moment {
  if (from === undefined) return { turn: null, until: NOW };
  const [, name = 'lead', number = ''] = /^(?:([a-z0-9-]+):)?([1-9]\d{0,8})$/.exec(from) ?? [];
  if (number === '') {
    throw new CoworkError('USAGE', `"${from}" is no turn.`, {
      hint: 'Say --from NUMBER for a turn of the lead, or --from AGENT:NUMBER. `cowork fork --list` shows them.',
    });
  }
  const { name: agent } = findAgent(team, name);
  const turns = turnsOf(readConversation(dir, agent));
  const turn = turns[Number(number) - 1];
  if (turn === undefined) {
    throw new CoworkError(
      'TURN_UNKNOWN',
      `${agent} has had ${turns.length} turns; there is no turn ${number}.`,
    );
  }
  return { turn: { agent, number: turn.turn, records: turn.end }, until: turn.until };
}

/** Whether something was written before the moment had passed. */
export const isBefore = ({ until }: Moment, at: string): boolean => at <= until;
