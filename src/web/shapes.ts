// What server and page say to each other. Types only: the page's bundle carries no schema library.
import type { Approval } from '../protocol/approval.ts';
import type { Change } from '../protocol/change.ts';
import type { Message } from '../protocol/message.ts';
import type { Task } from '../protocol/task.ts';
import type { GrantMode, TeamState, TeamStatus } from '../protocol/team.ts';

/** How the page shows something. */
export type Look =
  | 'text'
  | 'markdown'
  | 'table'
  | 'notebook'
  | 'diff'
  | 'document'
  | 'deck'
  | 'picture'
  | 'page'
  | 'pdf'
  | 'workbook';

/** One row of the list of teams. */
export interface TeamRow {
  team: string;
  state: TeamState;
  job: string;
  created: string;
  agents: number;
  tasks: Record<string, number>;
  costUsd: number;
  /** How many things wait for a person: open requests and alerts. */
  waiting: number;
}

/** A launch or a resume that was asked for here and is under way, or came to nothing. */
export interface LaunchRow {
  team: string;
  began: string;
  /** What was said so far, the last at the end: the steps of an image that is built first. */
  steps: string[];
  /** Why it came to nothing; null while it is under way. */
  error: { code: string; message: string; hint: string } | null;
}

/** The list of teams, and those that can't be read, with the reason. */
export interface TeamsPage {
  teams: TeamRow[];
  unreadable: { team: string; message: string }[];
  launches: LaunchRow[];
  /** Whether this session may only look. */
  readOnly: boolean;
}

/** One thing that happened in a team. A broadcast is one, with all its recipients. */
export interface TimelineItem {
  /** The same for every reader and every look. */
  key: string;
  at: string;
  kind: 'message' | 'task' | 'life' | 'approval' | 'alert';
  who: string;
  text: string;
  /** Of a message. */
  message?: Pick<Message, 'id' | 'kind' | 'priority' | 'replyTo' | 'broadcastId'>;
  to?: { name: string; state: Message['state'] }[];
  /** Whether `text` is only the beginning; the whole is at `/messages/RECIPIENT/ID`. */
  isCut?: boolean;
}

/** An artifact as the page shows it: no path of the host. */
export interface ArtifactRow {
  id: string;
  title: string;
  kind: string;
  maker: string;
  version: number;
  bytes: number;
  created: string;
  /** The name of its file, for the download. */
  file: string;
  /** How it can be looked at in the page; null: only downloaded. */
  look: Look | null;
}

export interface GrantRow {
  name: string;
  path: string;
  mode: GrantMode;
}

/** The parts of a team that are sent whole when they change. */
export interface TeamParts {
  status: Omit<TeamStatus, 'elapsedMs'> & { ended: string | null };
  approvals: Approval[];
  artifacts: ArtifactRow[];
  grants: GrantRow[];
}

/** All that the first paint of a team needs. */
export interface TeamSnapshot extends TeamParts {
  /** Where the events after this begin. */
  cursor: string;
  tasks: Task[];
  /** The newest, oldest first. */
  timeline: TimelineItem[];
  hasOlder: boolean;
  readOnly: boolean;
}

/** What the stream of a team sends. Everything says how something is now, so that a repeat does no harm. */
export type TeamEvent =
  | { type: 'parts'; parts: Partial<TeamParts> }
  | { type: 'tasks'; tasks: Task[] }
  | { type: 'timeline'; items: TimelineItem[] }
  /** Forget all and begin anew from this. */
  | { type: 'reset'; snapshot: Omit<TeamSnapshot, 'readOnly'> }
  /** The team was removed, or can't be read any more. */
  | { type: 'gone'; message: string };

export interface ChangeRow extends Change {
  /** The difference was left out; asked for by its path it comes. */
  isCut?: boolean;
}

export interface ChangesPage {
  changes: ChangeRow[];
  /** How many there are; `changes` has no more than the first 2,000. */
  total: number;
}

export interface LogLine {
  at: string | null;
  /** As pino counts: 30 info, 40 warn, 50 error. */
  level: number;
  life: number | null;
  text: string;
}

export interface LogPage {
  lines: LogLine[];
  /** Whether the log is longer than what is given. */
  isCut: boolean;
}

export interface FolderPage {
  path: string;
  above: string | null;
  folders: { name: string; path: string }[];
  files: number;
}
