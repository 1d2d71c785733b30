import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { projectKey } from '../store/project-key.ts';

/** Where everything of cowork is kept: `COWORK_HOME`, else `~/.cowork`. */
export function coworkHome(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.COWORK_HOME || join(homedir(), '.cowork'));
}

export const teamsFolder = (home: string): string => join(home, 'teams');
export const teamFolder = (home: string, team: string): string => join(home, 'teams', team);
/** The home that a team's folder is in. */
export const homeOf = (dir: string): string => dirname(dirname(dir));
/** What the user has allowed for a project and agreed to of it. */
export const projectFile = (home: string, path: string): string =>
  join(home, 'projects', `${projectKey(path)}.json`);
/** What the user has set for all teams. */
export const settingsFile = (home: string): string => join(home, 'settings.json');
/** The files of a team as they were before it was brought to another format. */
export const backupFolder = (dir: string, format: number): string => join(dir, 'backup', `format-${format}`);
export const teamFile = (dir: string): string => join(dir, 'team.json');
/** Which agent wrote which file of a grant, so that two at one file are told. */
export const editsFile = (dir: string): string => join(dir, 'edits.jsonl');
/** What agents used over time. */
export const figuresFile = (dir: string): string => join(dir, 'figures.jsonl');
export const ledgerFile = (dir: string): string => join(dir, 'ledger.jsonl');
export const alertsFile = (dir: string): string => join(dir, 'alerts.jsonl');
export const approvalsFile = (dir: string): string => join(dir, 'approvals.jsonl');
/** How the agents slow down together, while they do. */
export const paceFile = (dir: string): string => join(dir, 'model-pace.json');
/** One JSON object a line, by the supervisors and by keepers that stand by. */
export const supervisorLog = (dir: string): string => join(dir, 'supervisor.log');
export const supervisorRoleFile = (dir: string): string => join(dir, 'supervisor.jsonl');
export const agentFolder = (dir: string, agent: string): string => join(dir, 'agents', agent);
/** First versions of what agents change in granted folders, and the journal of their changes. */
export const checkpointsFolder = (dir: string): string => join(dir, 'checkpoints');
/** What the agents of a team keep for themselves; they see it at /memory. */
export const memoryFolder = (dir: string): string => join(dir, 'memory');
/** How each hook of an agent ended the last time. */
export const hooksFile = (dir: string, agent: string): string => join(dir, 'agents', agent, 'hooks.json');
/** Tasks of the user that hooks have looked at. */
export const checkedTasksFile = (dir: string): string => join(dir, 'agents', 'lead', 'checked-tasks.json');
/** How each MCP server of an agent fares. */
export const serversFile = (dir: string, agent: string): string => join(dir, 'agents', agent, 'servers.json');
export const agentFile = (dir: string, agent: string): string => join(dir, 'agents', agent, 'agent.json');
export const keeperRoleFile = (dir: string, agent: string): string =>
  join(dir, 'agents', agent, 'keeper.jsonl');
export const keeperSocket = (dir: string, agent: string): string => join(dir, 'agents', agent, 'keeper.sock');
export const transcriptFile = (dir: string, agent: string): string =>
  join(dir, 'agents', agent, 'transcript.jsonl');
/** One JSON object a line, by the keepers of an agent. */
export const keeperLog = (dir: string, agent: string): string => join(dir, 'agents', agent, 'keeper.log');
/** What the agent's programs reached outside, and what they were refused; the file before it is `egress.1.jsonl`. */
export const egressFile = (dir: string, agent: string): string => join(dir, 'agents', agent, 'egress.jsonl');
export const recordingFile = (dir: string, agent: string): string => join(dir, 'agents', agent, 'pane.cast');

/** Where guest images are: `COWORK_IMAGES`, else `images/` under the home. */
export function imagesFolder(home: string, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.COWORK_IMAGES || join(home, 'images'));
}

/** Where templates of booted machines are: beside the images that they were booted from. */
export const templatesFolder = (images: string): string => join(dirname(images), 'templates');
