import { z } from 'zod';
import { TranscriptEntryShape } from './gate-requests.ts';
import { MessageKind, Priority } from './message.ts';
import { TaskNeed, TaskState } from './task.ts';
import { GRANT_MODES, SANDBOXES } from './team.ts';

// What the files of a team hold, for other programs. cowork itself checks journals by hand (`src/mailbox/records.ts` says
// why); `test/protocol/format.test.ts` shows that both come to the same verdict.

const count = z.int().min(0);
const when = z.string().min(1).describe('ISO 8601 with milliseconds, UTC; for people, nothing decides by it');
const agentName = z.string().min(1);

const head = {
  v: z.union([z.literal(1), z.literal(2)]).describe('the oldest format that a reader must know'),
  id: z.string().min(1).describe('ULID'),
  by: z.string().min(1).describe('an agent, `user` or `team`'),
  incarnation: count.describe('which life of the writer; 0 for `user` and `team`'),
  at: when,
};

const record = <Type extends string, Body extends z.ZodRawShape>(type: Type, body: Body) =>
  z.looseObject({ ...head, type: z.literal(type), ...body });

const sealed = record('sealed', {}).describe('ends a segment; what stands behind it there does not count');

export const InboxRecordShape = z.discriminatedUnion('type', [
  record('message', {
    to: z.string(),
    kind: MessageKind,
    priority: Priority,
    text: z.string(),
    replyTo: z.string().nullable(),
    broadcastId: z.string().nullable(),
    key: z.string().optional().describe('of all messages of one sender with one key the first counts'),
    body: z
      .looseObject({ id: z.string().regex(/^[0-9A-Za-z]{1,64}$/), bytes: count, sha256: z.string() })
      .optional()
      .describe('where the whole text is: mailbox/.bodies/ID.txt'),
  }),
  record('undeliverable', { messages: z.array(z.string()).nullable(), reason: z.string() }),
  record('deliverable', {}),
  sealed,
]);

const EvidenceShape = z.union([
  z.string(),
  z.looseObject({
    command: z.string().optional(),
    exitCode: count.optional(),
    artifact: z.string().optional(),
    note: z.string().optional(),
  }),
]);
const ProcessShape = z
  .looseObject({ pid: z.int(), startTime: z.int(), bootId: z.string() })
  .describe('a process: number, start in clock ticks since the boot, which boot');
const fence = z.string().describe('id of the `locked` record that this was decided under');

export const TaskRecordShape = z.discriminatedUnion('type', [
  record('create', {
    subject: z.string(),
    description: z.string(),
    dependsOn: z.array(z.string()),
    owner: z.string().nullable(),
    needs: z.array(TaskNeed).optional(),
    key: z.string().optional(),
    fence: fence.optional(),
  }),
  record('claim', { task: z.string(), token: z.string() }),
  record('update', {
    task: z.string(),
    state: TaskState,
    token: z.string().nullable(),
    result: z.string().optional(),
    evidence: EvidenceShape.optional(),
  }),
  record('edit', {
    task: z.string(),
    fence,
    subject: z.string().optional(),
    description: z.string().optional(),
    dependsOn: z.array(z.string()).optional(),
    owner: z.string().nullable().optional(),
    needs: z.array(TaskNeed).optional(),
  }),
  record('release', { task: z.string(), fence, reason: z.string(), owner: z.string().nullable().optional() }),
  record('cancel', { task: z.string(), fence, reason: z.string(), cascade: z.boolean().optional() }),
  record('ended', { agent: z.string(), upTo: count, reason: z.string(), isFinal: z.boolean() }),
  record('locked', { process: ProcessShape }),
  sealed,
]);

const mark = z.looseObject({ upTo: count, beyond: z.array(count) });

/** Each file of a team with the shape of what it holds: of the whole, or of each record. */
export const FORMAT = {
  'inbox-record': InboxRecordShape,
  cursor: z.looseObject({ v: z.literal(1), delivered: mark, seen: mark, acked: mark }),
  'task-record': TaskRecordShape,
  base: z.looseObject({ v: z.literal(1), part: z.int().min(2), revision: count, state: z.looseObject({}) }),
  'role-record': z.discriminatedUnion('type', [
    record('candidate', { process: ProcessShape }),
    record('resigned', { candidate: z.string() }),
  ]),
  'ledger-record': z.discriminatedUnion('type', [
    record('incarnation_planned', { agent: agentName }),
    record('started', {
      agent: agentName,
      what: z.string(),
      process: ProcessShape.optional(),
      path: z.string().optional(),
    }),
    record('incarnation_ended', { agent: agentName, reason: z.string() }),
  ]),
  'alert-record': z.discriminatedUnion('type', [
    record('raised', { agent: agentName.nullable(), kind: z.string(), text: z.string() }),
    record('closed', { agent: agentName.nullable(), kind: z.string(), text: z.string() }),
  ]),
  'transcript-record': z.looseObject({ ...head, type: z.string(), entry: TranscriptEntryShape }),
  team: z.looseObject({
    v: z.literal(1),
    revision: z.int().min(1),
    name: z.string(),
    job: z.string(),
    created: when,
    phase: z.enum(['running', 'done', 'failed', 'stopped']),
    ended: z.string().nullable(),
    summary: z.string().nullable(),
    sandbox: z.enum(SANDBOXES),
    grants: z.array(z.looseObject({ name: z.string(), path: z.string(), mode: z.enum(GRANT_MODES) })),
    agents: z.array(
      z.looseObject({
        name: agentName,
        role: z.enum(['lead', 'teammate']),
        wanted: z.enum(['running', 'stopped']),
      }),
    ),
    requires: z.array(TaskNeed).optional(),
    store: z.string().optional(),
  }),
} as const;
