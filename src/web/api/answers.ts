import { z } from 'zod';
import {
  ANSWER_PLACES,
  APPROVAL_KINDS,
  type Approval as ApprovalType,
  REACHES,
} from '../../protocol/approval.ts';
import { IMAGE_NAMES } from '../../protocol/images.ts';
import { MessageKind, MessageState, type Message as MessageType, Priority } from '../../protocol/message.ts';
import {
  Evidence,
  TaskNeed,
  TaskState,
  type Task as TaskType,
  type TaskWithHistory as TaskWithHistoryType,
} from '../../protocol/task.ts';
import { COLORS, GRANT_MODES, SANDBOXES } from '../../protocol/team.ts';
import type { FigureSeries } from '../../team/figures.ts';
import type * as shapes from '../shapes.ts';

// What the server answers, in zod: `docs/schemas/openapi.json` is made from these, and the tests hold every answer against it.
// `satisfies` ties each to the type that server and page use.

const at = z.iso.datetime();
const count = z.int().min(0);
const LOOKS = Object.keys({
  ...{ text: 0, markdown: 0, table: 0, notebook: 0, diff: 0, document: 0, deck: 0 },
  ...{ picture: 0, page: 0, pdf: 0, workbook: 0 },
} satisfies Record<shapes.Look, 0>) as shapes.Look[]; // exactly its keys

export const Task = z.object({
  id: z.string(),
  subject: z.string(),
  description: z.string(),
  state: TaskState,
  owner: z.string().nullable(),
  dependsOn: z.array(z.string()),
  result: z.string().nullable(),
  evidence: Evidence.nullable(),
  needs: z.array(TaskNeed),
  reason: z.string().nullable(),
  created: at,
  updated: at,
}) satisfies z.ZodType<TaskType>;

export const TaskWithHistory = Task.extend({
  history: z.array(z.object({ at, by: z.string(), event: z.string(), detail: z.string() })),
}) satisfies z.ZodType<TaskWithHistoryType>;

export const Message = z.object({
  id: z.string(),
  seq: count,
  from: z.string(),
  incarnation: count,
  to: z.string(),
  kind: MessageKind,
  priority: Priority,
  text: z.string(),
  replyTo: z.string().nullable(),
  broadcastId: z.string().nullable(),
  created: at,
  state: MessageState,
  body: z.object({ id: z.string(), bytes: count, sha256: z.string() }).exactOptional(),
}) satisfies z.ZodType<MessageType>;

export const Approval = z.object({
  id: z.string(),
  kind: z.enum(APPROVAL_KINDS),
  agent: z.string(),
  incarnation: count,
  what: z.string(),
  why: z.string(),
  detail: z.record(z.string(), z.unknown()),
  state: z.enum(['open', 'allowed', 'denied', 'expired']),
  created: at,
  expires: at,
  answered: at.nullable(),
  answeredBy: z.string().nullable(),
  answeredIn: z.enum(ANSWER_PLACES).nullable(),
  answeredWho: z.string(),
  reach: z.enum(REACHES),
  note: z.string(),
  result: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<ApprovalType>;

const TeamState = z.enum(['starting', 'running', 'paused', 'done', 'failed', 'stopped']);
const counts = z.record(z.string(), count);

const Agent = z.object({
  name: z.string(),
  role: z.enum(['lead', 'teammate']),
  state: z.enum(['starting', 'working', 'idle', 'waiting', 'wedged', 'stopping', 'stopped', 'failed']),
  reason: z.string(),
  task: z.string().nullable(),
  sandbox: z.enum(SANDBOXES),
  accelerator: z.string().nullable(),
  acceleratorReason: z.string().nullable(),
  lacks: z.array(z.string()),
  pid: z.int().nullable(),
  vmPid: z.int().nullable(),
  incarnation: count,
  model: z.string(),
  tokens: z.object({ input: count, output: count, cacheRead: count, cacheWrite: count }),
  costUsd: z.number(),
  unread: count,
  bootMs: z.number().nullable(),
  color: z.enum(COLORS).exactOptional(),
  host: z.string().exactOptional(),
});

const Repository = z.object({
  grant: z.string(),
  path: z.string(),
  branch: z.string(),
  base: z.string(),
  commit: z.string(),
  isPublished: z.boolean(),
  obstacle: z.string().nullable(),
  landed: count,
  returned: count,
  waiting: z.array(z.object({ agent: z.string(), commit: z.string() })),
});

const TeamParts = z.object({
  status: z.object({
    team: z.string(),
    state: TeamState,
    job: z.string(),
    created: at,
    ended: at.nullable(),
    agents: z.array(Agent),
    tasks: counts,
    alerts: z.array(
      z.object({ id: z.string(), at, agent: z.string().nullable(), kind: z.string(), text: z.string() }),
    ),
    repositories: z.array(Repository).exactOptional(),
    costUsd: z.number(),
    summary: z.string().nullable(),
    rehearsal: z.string().nullable(),
    image: z.enum(IMAGE_NAMES).exactOptional(),
  }),
  approvals: z.array(Approval),
  artifacts: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      kind: z.string(),
      maker: z.string(),
      version: count,
      bytes: count,
      created: at,
      file: z.string(),
      look: z.enum(LOOKS).nullable(),
    }),
  ),
  grants: z.array(z.object({ name: z.string(), path: z.string(), mode: z.enum(GRANT_MODES) })),
}) satisfies z.ZodType<shapes.TeamParts>;

export const TimelineItem = z.object({
  key: z.string(),
  at,
  kind: z.enum(['message', 'task', 'life', 'approval', 'alert']),
  who: z.string(),
  text: z.string(),
  message: Message.pick({
    id: true,
    kind: true,
    priority: true,
    replyTo: true,
    broadcastId: true,
  }).exactOptional(),
  to: z.array(z.object({ name: z.string(), state: MessageState })).exactOptional(),
  isCut: z.boolean().exactOptional(),
}) satisfies z.ZodType<shapes.TimelineItem>;

export const TimelinePage = z.object({ items: z.array(TimelineItem), hasOlder: z.boolean() });

const Snapshot = TeamParts.extend({
  cursor: z.string(),
  tasks: z.array(Task),
  timeline: z.array(TimelineItem),
  hasOlder: z.boolean(),
});

export const TeamSnapshot = Snapshot.extend({
  readOnly: z.boolean(),
}) satisfies z.ZodType<shapes.TeamSnapshot>;

const someParts = z.object({
  status: TeamParts.shape.status.exactOptional(),
  approvals: TeamParts.shape.approvals.exactOptional(),
  artifacts: TeamParts.shape.artifacts.exactOptional(),
  grants: TeamParts.shape.grants.exactOptional(),
});

export const TeamEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('parts'), parts: someParts }),
  z.object({ type: z.literal('tasks'), tasks: z.array(Task) }),
  z.object({ type: z.literal('timeline'), items: z.array(TimelineItem) }),
  z.object({ type: z.literal('reset'), snapshot: Snapshot }),
  z.object({ type: z.literal('gone'), message: z.string() }),
]) satisfies z.ZodType<shapes.TeamEvent>;

export const Teams = z.object({
  teams: z.array(
    z.object({
      team: z.string(),
      state: TeamState,
      job: z.string(),
      created: at,
      agents: count,
      tasks: counts,
      costUsd: z.number(),
      waiting: count,
    }),
  ),
  unreadable: z.array(z.object({ team: z.string(), message: z.string() })),
  launches: z.array(
    z.object({
      team: z.string(),
      began: at,
      steps: z.array(z.string()),
      error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    }),
  ),
  readOnly: z.boolean(),
}) satisfies z.ZodType<shapes.TeamsPage>;

const fileState = z.object({ kind: z.string(), mode: z.string(), size: count }).nullable();

export const Changes = z.object({
  changes: z.array(
    z.object({
      grant: z.string(),
      path: z.string(),
      change: z.enum(['created', 'modified', 'deleted', 'renamed', 'attributes']),
      from: z.string().nullable(),
      agents: z.array(z.string()),
      by: z.string(),
      at: z.string(),
      conflict: z.string().nullable(),
      was: fileState,
      is: fileState,
      staged: z.boolean(),
      branch: z.string().exactOptional(),
      diff: z.array(z.string()).nullable(),
      summary: z.string().nullable(),
      isCut: z.boolean().exactOptional(),
    }),
  ),
  total: count,
}) satisfies z.ZodType<shapes.ChangesPage>;

export const Places = z.array(
  z.object({
    grant: z.string(),
    path: z.string(),
    change: z.string(),
    agent: z.string().exactOptional(),
  }),
);

const line = z.array(z.number().nullable());

export const Figures = z.object({
  at: z.array(at),
  agents: z.record(z.string(), z.object({ tokens: line, costUsd: line, cpu: line, memory: line })),
}) satisfies z.ZodType<FigureSeries>;

export const Log = z.object({
  lines: z.array(
    z.object({ at: at.nullable(), level: z.number(), life: z.number().nullable(), text: z.string() }),
  ),
  isCut: z.boolean(),
}) satisfies z.ZodType<shapes.LogPage>;

export const Folders = z.object({
  path: z.string(),
  above: z.string().nullable(),
  folders: z.array(z.object({ name: z.string(), path: z.string() })),
  files: count,
}) satisfies z.ZodType<shapes.FolderPage>;

export const Messages = z.array(Message);
export const Workbook = z.object({
  sheets: z.array(
    z.object({
      name: z.string(),
      rows: z.array(z.array(z.string())),
      formulas: z.record(z.string(), z.string()),
      isCut: z.boolean(),
    }),
  ),
  reason: z.string().nullable(),
});
const Block = z.union([
  z.object({ kind: z.enum(['heading', 'item']), level: count, text: z.string() }),
  z.object({ kind: z.enum(['paragraph', 'picture']), text: z.string() }),
  z.object({ kind: z.literal('table'), rows: z.array(z.array(z.string())) }),
]);
export const Outline = z.object({
  kind: z.enum(['text', 'deck']),
  parts: z.array(z.object({ title: z.string(), blocks: z.array(Block), notes: z.array(z.string()) })),
  isCut: z.boolean(),
  reason: z.string().nullable(),
});
export const Comparison = z.object({ lines: z.array(z.string()).nullable() });
export const Launched = z.object({ team: z.string(), dir: z.string(), agents: z.array(z.string()) });
export const Done = z.object({});

const Note = z.object({
  name: z.string(),
  title: z.string(),
  bytes: count,
  revision: z.string(),
  updated: z.string(),
  by: z.object({ agent: z.string(), team: z.string().nullable() }).nullable(),
  where: z.enum(['home', 'project']),
  isAgreed: z.boolean(),
  problem: z.string().nullable(),
});
export const Notes = z.array(Note);
export const NoteWithText = Note.extend({ text: z.string() });
export const NoteForgotten = Note;
export const NoteAllowed = Note.extend({ isAgreed: z.literal(true) });

const Run = z.object({
  due: at,
  fired: at,
  missed: count,
  state: z.enum(['waiting', 'attempted', 'running', 'skipped', 'not started', 'ended']),
  attempts: z.array(
    z.object({ at, team: z.string(), code: z.string().nullable(), reason: z.string().nullable() }),
  ),
  team: z.string().nullable(),
  reason: z.string().nullable(),
  result: z
    .object({ outcome: z.string(), ended: at, costUsd: z.number(), summary: z.string().nullable() })
    .nullable(),
});
export const Schedules = z.array(
  z.object({
    name: z.string(),
    when: z.string(),
    cron: z.string().nullable(),
    timeZone: z.string(),
    job: z.string(),
    args: z.array(z.string()),
    folder: z.string(),
    overlap: z.string(),
    catchUp: z.boolean(),
    created: at,
    next: at.nullable(),
    nextText: z.string(),
    last: Run.nullable(),
    minded: z.boolean(),
  }),
);
export const Runs = z.array(Run.extend({ schedule: z.string(), timeZone: z.string() }));
export const ScheduleRemoved = z.object({ name: z.string(), removed: z.literal(true) });

/** What is installed has more fields than these; one that can't be read has no others. */
export const Plugins = z.array(
  z.looseObject({
    name: z.string(),
    state: z.string(),
    findings: z.array(z.object({ severity: z.string(), file: z.string(), reason: z.string() })),
  }),
);

export const Refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
});
