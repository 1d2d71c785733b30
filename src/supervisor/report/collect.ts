import { open } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { openChanges } from '../../files/changes/open-changes.ts';
import { survey } from '../../files/changes/survey.ts';
import { readable } from '../../files/host.ts';
import { openMailbox } from '../../mailbox/mailbox.ts';
import type { TaskWithHistory } from '../../protocol/task.ts';
import type { TeamStatus } from '../../protocol/team.ts';
import { openTaskList } from '../../tasklist/tasklist.ts';
import { type Artifact, listArtifacts } from '../../team/artifacts.ts';
import { checkpointsFolder } from '../../team/paths.ts';
import { readTeam } from '../../team/team.ts';
import { parseCsv } from '../../text/csv.ts';
import { teamStatus } from '../team-status.ts';
import { readTimeline, type TimelineEvent } from '../timeline.ts';

/** What a report is made of. */
export interface ReportParts {
  status: TeamStatus & { ended: string | null };
  tasks: TaskWithHistory[];
  /** The newest, oldest first. */
  timeline: TimelineEvent[];
  happened: number;
  changes: { grant: string; mode: string; reason: string | null; places: ChangedPlace[]; total: number }[];
  artifacts: { artifact: Artifact; file: string; content: ArtifactContent }[];
  made: string;
}

export interface ChangedPlace {
  path: string;
  change: string;
  agents: string[];
}

/** Text that is shown, a table, a picture that is brought along, or none of these: too large, or of another kind. */
export type ArtifactContent =
  | { text: string }
  | { table: string[][] }
  | { picture: string }
  | { left: string };

/** Bounds of a report, so that it opens everywhere: events, places, bytes of one artifact and of all. */
const EVENTS_MAX = 5_000;
const PLACES_MAX = 2_000;
const ARTIFACT_MAX = 256 * 1024;
const ARTIFACTS_MAX = 8 * 1024 * 1024;
/** A table that is shown as one has at most so many rows and columns; a larger one is shown as the text that it is. */
const ROWS_MAX = 200;
const COLUMNS_MAX = 20;
/** Characters of a message; the mailbox has all. */
const TEXT_MAX = 4_000;

const PICTURES: Record<string, string> = {
  ...{ '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg' },
  ...{ '.gif': 'image/gif', '.webp': 'image/webp' },
};
const TEXTS = ['.txt', '.md', '.csv', '.tsv', '.json', '.log', '.diff', '.patch'];

/** Reads a team for its report. Opens files for reading only. Throws TEAM_UNREADABLE. */
export async function collectReport(dir: string, now = Date.now()): Promise<ReportParts> {
  const team = readTeam(dir);
  const list = openTaskList(dir);
  const tasks = await Promise.all((await list.list()).map(({ id }) => list.get(id)));
  const timeline = await readTimeline(dir, await openMailbox(dir).log({}), {});
  return {
    status: { ...(await teamStatus(dir, now)), ended: team.ended },
    tasks,
    timeline: timeline.slice(-EVENTS_MAX).map(cutText),
    happened: timeline.length,
    changes: await collectChanges(dir),
    artifacts: await collectArtifacts(dir),
    made: new Date(now).toISOString(),
  };
}

function cutText(event: TimelineEvent): TimelineEvent {
  if (event.type !== 'message' || event.message.text.length <= TEXT_MAX) return event;
  return { ...event, message: { ...event.message, text: `${event.message.text.slice(0, TEXT_MAX)} …` } };
}

async function collectChanges(dir: string): Promise<ReportParts['changes']> {
  const changes: ReportParts['changes'] = [];
  for (const grant of readTeam(dir).grants) {
    const { name, mode, path } = grant;
    const none = (reason: string | null) => ({ grant: path, mode, reason, places: [], total: 0 });
    if (mode === 'ro') changes.push(none(null));
    else if (mode === 'clone') changes.push(none('a repository: its changes are on a branch of it'));
    else {
      const opened = await openChanges(checkpointsFolder(dir), grant);
      if ('reason' in opened) {
        changes.push(none(opened.reason));
        continue;
      }
      using held = opened;
      const found = survey(held).filter(({ change }) => change !== 'attributes');
      const places = found.slice(0, PLACES_MAX).map(({ path: at, change, node }) => ({
        ...{ path: join(name, readable(at)), change, agents: [...node.agents].sort() },
      }));
      changes.push({ grant: path, mode, reason: null, places, total: found.length });
    }
  }
  return changes;
}

async function collectArtifacts(dir: string): Promise<ReportParts['artifacts']> {
  let left = ARTIFACTS_MAX;
  const all: ReportParts['artifacts'] = [];
  const listed = listArtifacts(dir);
  for (const artifact of listed) {
    const isOld = listed.some(({ title, version }) => title === artifact.title && version > artifact.version);
    if (isOld) {
      all.push({ artifact, file: artifact.name, content: { left: 'there is a newer version' } });
      continue;
    }
    const content = artifact.bytes > left ? { left: 'the report is long enough' } : await contentOf(artifact);
    if (!('left' in content)) left -= artifact.bytes;
    all.push({ artifact, file: artifact.name, content });
  }
  return all;
}

async function contentOf({ path, bytes }: Artifact): Promise<ArtifactContent> {
  const type = extname(path).toLowerCase();
  if (PICTURES[type] === undefined && !TEXTS.includes(type)) return { left: `a file of the type ${type}` };
  if (bytes > ARTIFACT_MAX) return { left: 'too large to be shown here' };
  await using file = await open(path);
  const content = await file.readFile();
  if (PICTURES[type] !== undefined)
    return { picture: `data:${PICTURES[type]};base64,${content.toString('base64')}` };
  const text = content.toString();
  const table = type === '.csv' || type === '.tsv' ? parseCsv(text) : [];
  const isTable = table.length > 0 && table.length <= ROWS_MAX && (table[0]?.length ?? 0) <= COLUMNS_MAX;
  return isTable ? { table: table.map((row) => row.slice(0, COLUMNS_MAX)) } : { text };
}
