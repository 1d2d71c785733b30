import type { TeamRecord } from '../../team/team.ts';

/** What brings a team from one format to the next. It makes the same of what it has already changed. */
export interface Step {
  from: TeamRecord['v'];
  /** The files that it changes, below the team's folder. */
  changes(team: TeamRecord): string[];
  apply(dir: string, team: TeamRecord): Promise<void>;
}
