import { z } from 'zod';

/** The JSON of the contract, written down a second time, so that a change of the sources shows. */
const Time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const Id = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/);
const Count = z.int().min(0);

const AgentJson = z.object({
  name: z.string(),
  role: z.enum(['lead', 'teammate']),
  state: z.enum(['starting', 'working', 'idle', 'waiting', 'wedged', 'stopping', 'stopped', 'failed']),
  reason: z.string(),
  task: z.string().nullable(),
  sandbox: z.enum(['vm', 'none']),
  accelerator: z.string().nullable(),
  acceleratorReason: z.string().nullable(),
  pid: z.int().nullable(),
  vmPid: z.int().nullable(),
  incarnation: Count,
  model: z.string(),
  tokens: z.object({ input: Count, output: Count, cacheRead: Count, cacheWrite: Count }),
  costUsd: z.number(),
  unread: Count,
});

export const StatusJson = z.object({
  team: z.string(),
  state: z.enum(['starting', 'running', 'paused', 'done', 'failed', 'stopped']),
  job: z.string(),
  created: Time,
  elapsedMs: Count,
  agents: AgentJson.array(),
  tasks: z.record(z.string(), Count),
  alerts: z.object({ agent: z.string().nullable(), kind: z.string(), text: z.string() }).array(),
  costUsd: z.number(),
  summary: z.string().nullable(),
});

export const TaskJson = z.object({
  id: z.string(),
  subject: z.string(),
  description: z.string(),
  state: z.enum(['pending', 'blocked', 'in_progress', 'review', 'completed', 'failed', 'cancelled']),
  owner: z.string().nullable(),
  dependsOn: z.string().array(),
  result: z.string().nullable(),
  evidence: z.string().nullable(),
  created: Time,
  updated: Time,
});

export const TaskWithHistoryJson = TaskJson.extend({
  history: z.object({ at: Time, by: z.string(), event: z.string(), detail: z.string() }).array(),
});

export const MailJson = z.object({
  id: Id,
  seq: z.int().min(1),
  from: z.string(),
  to: z.string(),
  kind: z.string(),
  priority: z.enum(['note', 'steer', 'interrupt']),
  text: z.string(),
  replyTo: z.string().nullable(),
  broadcastId: z.string().nullable(),
  created: Time,
  state: z.enum(['queued', 'delivered', 'seen', 'acked', 'undeliverable']),
});
