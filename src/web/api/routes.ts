import type { z } from 'zod';
import * as asked from '../requests.ts';
import type * as answers from './answers.ts';

/** One thing that the server can be asked for: the page, scripts and the document all go by this list. */
export interface Route {
  method: 'get' | 'post';
  /** Names of Hono: `/api/teams/:team`. */
  path: string;
  does: string;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** A name in `answers.ts`; `file`, `page`: no JSON; `stream`: server-sent events, each a TeamEvent; `socket`: a WebSocket. */
  gives: keyof typeof answers | 'file' | 'page' | 'stream' | 'socket' | 'document';
  /** The command that does the same. */
  command?: string;
}

const TEAM = '/api/teams/:team';

export const ROUTES: readonly Route[] = [
  { method: 'get', path: '/api/openapi.json', does: 'this document', gives: 'document' },
  {
    method: 'get',
    path: '/api/teams',
    does: "all teams, and those that can't be read, with the reason",
    gives: 'Teams',
    command: 'cowork teams',
  },
  {
    method: 'get',
    path: TEAM,
    does: 'the whole of a team, with a cursor',
    gives: 'TeamSnapshot',
    command: 'cowork status',
  },
  {
    method: 'get',
    path: `${TEAM}/events`,
    does: 'the stream of its events, from `Last-Event-ID` or `?after=` on',
    query: asked.EventsAsked,
    gives: 'stream',
    command: 'cowork mail --follow',
  },
  {
    method: 'get',
    path: `${TEAM}/timeline`,
    does: 'up to `limit` items before the key `before`; `kinds` (with commas between), `agent`, `words` filter',
    query: asked.TimelineAsked,
    gives: 'TimelinePage',
    command: 'cowork mail --timeline',
  },
  {
    method: 'get',
    path: `${TEAM}/messages/:to/:id`,
    does: 'a message with its whole text',
    gives: 'Message',
    command: 'cowork mail',
  },
  {
    method: 'get',
    path: `${TEAM}/tasks/:id`,
    does: 'a task with its history',
    gives: 'TaskWithHistory',
    command: 'cowork tasks show ID',
  },
  {
    method: 'get',
    path: `${TEAM}/artifacts/:id`,
    does: 'an artifact as a file; with `?show` to look at, where it is text, a picture, a page or a PDF',
    query: asked.ArtifactAsked,
    gives: 'file',
    command: 'cowork artifacts',
  },
  {
    method: 'get',
    path: `${TEAM}/artifacts/:id/since/:other`,
    does: 'lines of a unified diff between two texts, or null',
    gives: 'Comparison',
  },
  {
    method: 'get',
    path: `${TEAM}/artifacts/:id/sheets`,
    does: 'the sheets of a workbook (xlsx) with stored values and formulas, or the reason why not',
    gives: 'Workbook',
  },
  {
    method: 'get',
    path: `${TEAM}/artifacts/:id/outline`,
    does: 'the words of a text document (docx) or a deck (pptx) in their order, or the reason why not',
    gives: 'Outline',
  },
  {
    method: 'get',
    path: `${TEAM}/report`,
    does: 'the report of the job as it is now; with `?keep` as a file',
    query: asked.ReportAsked,
    gives: 'page',
    command: 'cowork report --out -',
  },
  {
    method: 'get',
    path: `${TEAM}/panes/:agent`,
    does: 'a WebSocket: the pane of an agent, in the words of `src/pane/wire.ts`',
    gives: 'socket',
    command: 'cowork attach AGENT',
  },
  {
    method: 'post',
    path: `${TEAM}/messages`,
    does: 'sends a message',
    body: asked.Letter,
    gives: 'Message',
    command: 'cowork send TO TEXT',
  },
  {
    method: 'post',
    path: `${TEAM}/broadcast`,
    does: 'sends a message to all agents',
    body: asked.Word,
    gives: 'Messages',
    command: 'cowork broadcast TEXT',
  },
  {
    method: 'post',
    path: `${TEAM}/approvals/:id`,
    does: 'answers a request',
    body: asked.Said,
    gives: 'Approval',
    command: 'cowork approvals allow ID',
  },
  {
    method: 'post',
    path: `${TEAM}/tasks`,
    does: 'adds a task',
    body: asked.NewTask,
    gives: 'Task',
    command: 'cowork tasks add SUBJECT',
  },
  {
    method: 'post',
    path: `${TEAM}/tasks/:id/edit`,
    does: 'changes what is given of a task',
    body: asked.TaskChange,
    gives: 'Task',
    command: 'cowork tasks edit ID',
  },
  {
    method: 'post',
    path: `${TEAM}/tasks/:id/release`,
    does: 'takes a task from its holder',
    body: asked.Release,
    gives: 'Task',
    command: 'cowork tasks release ID',
  },
  {
    method: 'post',
    path: `${TEAM}/tasks/:id/cancel`,
    does: 'cancels a task',
    body: asked.Cancel,
    gives: 'Task',
    command: 'cowork tasks cancel ID',
  },
  {
    method: 'post',
    path: `${TEAM}/stop`,
    does: 'stops the team, or one agent; answers when it is gone',
    body: asked.Stop,
    gives: 'Done',
    command: 'cowork stop',
  },
  {
    method: 'post',
    path: `${TEAM}/resume`,
    does: 'brings the team back, with the environment in which `cowork web` was started',
    body: asked.Nothing,
    gives: 'Done',
    command: 'cowork resume',
  },
  {
    method: 'get',
    path: `${TEAM}/changes`,
    does: 'what agents changed in the grants',
    query: asked.ChangesAsked,
    gives: 'Changes',
    command: 'cowork diff',
  },
  {
    method: 'post',
    path: `${TEAM}/undo`,
    does: 'puts changes back',
    body: asked.ChangesPut,
    gives: 'Places',
    command: 'cowork undo',
  },
  {
    method: 'post',
    path: `${TEAM}/apply`,
    does: 'lands changes under review',
    body: asked.ChangesPut,
    gives: 'Places',
    command: 'cowork apply',
  },
  {
    method: 'get',
    path: `${TEAM}/logs`,
    does: 'the last 256 KiB of the log of a keeper (`?agent=`) or of the supervisor',
    query: asked.LogAsked,
    gives: 'Log',
    command: 'cowork logs',
  },
  {
    method: 'post',
    path: '/api/launch',
    does: 'a new team; answers when all agents are ready',
    body: asked.Launch,
    gives: 'Launched',
    command: 'cowork launch JOB',
  },
  {
    method: 'get',
    path: '/api/folders',
    does: 'the folders in `?path=`; not for who may only look',
    query: asked.FolderAsked,
    gives: 'Folders',
  },
  { method: 'get', path: '/api/memory', does: 'notes', gives: 'Notes', command: 'cowork memory list' },
  {
    method: 'get',
    path: '/api/memory/note',
    does: 'a note with its text',
    query: asked.NoteAsked,
    gives: 'NoteWithText',
    command: 'cowork memory show NAME',
  },
  {
    method: 'post',
    path: '/api/memory/forget',
    does: 'forgets a note',
    body: asked.NoteAsked,
    gives: 'NoteForgotten',
    command: 'cowork memory forget NAME',
  },
  {
    method: 'get',
    path: '/api/schedules',
    does: 'schedules',
    gives: 'Schedules',
    command: 'cowork schedule list',
  },
  {
    method: 'get',
    path: '/api/schedules/runs',
    does: 'the runs of a schedule',
    query: asked.ScheduleAsked,
    gives: 'Runs',
    command: 'cowork schedule runs NAME',
  },
  {
    method: 'post',
    path: '/api/schedules/remove',
    does: 'removes a schedule',
    body: asked.ScheduleAsked,
    gives: 'ScheduleRemoved',
    command: 'cowork schedule remove NAME',
  },
  {
    method: 'get',
    path: '/api/plugins',
    does: 'what is installed',
    gives: 'Plugins',
    command: 'cowork plugin list',
  },
];
