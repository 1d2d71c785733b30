import { z } from 'zod';
import { TaskNeed, TaskState } from '../task.ts';
import { count, ProcessShape, record, sealed } from './head.ts';

const EvidenceShape = z.union([
  z.string(),
  z.looseObject({
    command: z.string().optional(),
    exitCode: count.optional(),
    artifact: z.string().optional(),
    note: z.string().optional(),
  }),
]);
const fence = z.string().describe('id of the `locked` record that this was decided under');

export const taskRecord = z.discriminatedUnion('type', [
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

/** `*.base.json` of inboxes and of the task list. */
export const base = z.looseObject({
  v: z.literal(1),
  part: z.int().min(2),
  revision: count,
  state: z.looseObject({}),
});
