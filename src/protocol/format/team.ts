import { z } from 'zod';
import { ANSWER_PLACES, APPROVAL_KINDS, REACHES } from '../approval.ts';
import { IMAGE_NAMES } from '../images.ts';
import { TaskNeed } from '../task.ts';
import { GRANT_MODES, SANDBOXES } from '../team.ts';
import { agentName, count, head, ProcessShape, record, sealed, when } from './head.ts';

const phase = z.enum(['running', 'done', 'failed', 'stopped']);
const role = z.enum(['lead', 'teammate']);
const wanted = z.enum(['running', 'stopped']);

export const team = z.looseObject({
  v: z.literal([1, 2]),
  revision: z.int().min(1),
  name: z.string(),
  job: z.string(),
  created: when,
  phase,
  ended: z.string().nullable(),
  summary: z.string().nullable(),
  sandbox: z.enum(SANDBOXES),
  image: z.enum(IMAGE_NAMES).optional(),
  grants: z.array(z.looseObject({ name: z.string(), path: z.string(), mode: z.enum(GRANT_MODES) })),
  agents: z.array(z.looseObject({ name: agentName, role, wanted })),
  requires: z.array(TaskNeed).optional(),
  store: z.string().optional(),
});

/** Who stands for supervisor, or for keeper of an agent. */
export const roleRecord = z.discriminatedUnion('type', [
  record('candidate', { process: ProcessShape }),
  record('resigned', { candidate: z.string() }),
  record('closed', { upTo: count.describe('lives up to this one that stand behind it come too late') }),
]);

export const ledgerRecord = z.discriminatedUnion('type', [
  record('incarnation_planned', { agent: agentName }),
  record('started', {
    agent: agentName,
    what: z.string(),
    process: ProcessShape.optional(),
    path: z.string().optional(),
  }),
  record('incarnation_ended', { agent: agentName, reason: z.string() }),
]);

export const alertRecord = z.looseObject({
  ...head,
  type: z.enum(['raised', 'closed']),
  agent: agentName.nullable(),
  kind: z.string(),
  text: z.string(),
});

export const approvalRecord = z.discriminatedUnion('type', [
  record('asked', {
    kind: z.enum(APPROVAL_KINDS),
    what: z.string(),
    why: z.string(),
    detail: z.looseObject({}),
    expires: when,
  }),
  record('answered', {
    request: z.string().describe('`a1`, `a2` … by its place among the `asked`; the first answer counts'),
    state: z.enum(['allowed', 'denied', 'expired']),
    note: z.string(),
    result: z.looseObject({}),
    where: z.enum(ANSWER_PLACES).optional().describe('where the answer was given'),
    who: z.string().optional().describe('the user of the system and their terminal, as far as known'),
    reach: z.enum(REACHES).optional().describe('whether it counts for later teams of the project, too'),
  }),
]);

/** What the hosts that share a team know of each other; on a server only. */
export const rosterRecord = z.discriminatedUnion('type', [
  record('founded', {
    host: z.string().describe('id of the host that founds the team; of several the first counts'),
    job: z.string(),
    requires: z.array(TaskNeed),
    requirePlan: z.boolean().optional(),
  }),
  record('host', {
    host: z.string(),
    label: z.string().describe('its name, for people'),
    agents: z
      .array(z.looseObject({ name: agentName, role, title: z.string(), wanted, reason: z.string() }))
      .describe('all agents of this host, as they are now; a name is the host’s that named it first'),
  }),
  record('phase', { host: z.string(), phase, summary: z.string().nullable() }).describe(
    'counts when its host founded the team',
  ),
  record('stop', { agent: agentName, reason: z.string() }),
  sealed,
]);

/** How the agents of one host are, as it last said; on a server only. */
export const presence = z.looseObject({
  v: z.literal(1),
  beat: count.describe('rises each time'),
  agents: z.array(z.looseObject({ name: agentName, state: z.string() })),
});
