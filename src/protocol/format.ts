import { z } from 'zod';
import { agent, egressRecord, hooks, transcriptRecord } from './format/agents.ts';
import { cursor, inboxRecord } from './format/mail.ts';
import { base, taskRecord } from './format/tasks.ts';
import {
  alertRecord,
  approvalRecord,
  ledgerRecord,
  presence,
  roleRecord,
  rosterRecord,
  team,
} from './format/team.ts';
import {
  artifactRecord,
  changeRecord,
  editRecord,
  figuresRecord,
  queueRecord,
  stagedRecord,
} from './format/work.ts';

// What the files of a team hold, for other programs. cowork itself checks journals by hand (`src/mailbox/records.ts` says
// why); `test/protocol/format.test.ts` shows that both come to the same verdict.

/** The shapes of what files of a team hold: of the whole, or of each record. */
export const FORMAT = {
  'inbox-record': inboxRecord,
  cursor,
  'task-record': taskRecord,
  base,
  team,
  'role-record': roleRecord,
  'ledger-record': ledgerRecord,
  'alert-record': alertRecord,
  'approval-record': approvalRecord,
  'roster-record': rosterRecord,
  presence,
  agent,
  'transcript-record': transcriptRecord,
  'egress-record': egressRecord,
  hooks,
  'artifact-record': artifactRecord,
  'edit-record': editRecord,
  'figures-record': figuresRecord,
  'change-record': changeRecord,
  'staged-record': stagedRecord,
  'queue-record': queueRecord,
  extensions: z.looseObject({ v: z.literal(1), sources: z.array(z.looseObject({ checksum: z.string() })) }),
} as const;

/**
 * What is kept in a file: a `log` of segments, a `journal` of one, one object (`whole`), one object a line by a logger
 * (`lines`), or `bytes` of whoever wrote it.
 */
export type Kept = 'log' | 'journal' | 'whole' | 'lines' | 'bytes';

/** All files that a team leaves behind, by path; `*` is one name, `**` all below. */
export const TEAM_FILES: readonly { path: string; kept: Kept; shape?: keyof typeof FORMAT }[] = [
  { path: 'team.json', kept: 'whole', shape: 'team' },
  { path: 'extensions.json', kept: 'whole', shape: 'extensions' },
  { path: 'ledger.jsonl', kept: 'journal', shape: 'ledger-record' },
  { path: 'alerts.jsonl', kept: 'journal', shape: 'alert-record' },
  { path: 'approvals.jsonl', kept: 'journal', shape: 'approval-record' },
  { path: 'edits.jsonl', kept: 'journal', shape: 'edit-record' },
  { path: 'figures.jsonl', kept: 'journal', shape: 'figures-record' },
  { path: 'supervisor.jsonl', kept: 'journal', shape: 'role-record' },
  { path: 'supervisor.log', kept: 'lines' },
  { path: 'report.html', kept: 'bytes' },
  { path: 'model-pace.json', kept: 'whole' },
  { path: 'mailbox/*/inbox.jsonl', kept: 'log', shape: 'inbox-record' },
  { path: 'mailbox/*/inbox.*.jsonl', kept: 'log', shape: 'inbox-record' },
  { path: 'mailbox/*/inbox.*.base.json', kept: 'whole', shape: 'base' },
  { path: 'mailbox/*/cursor.json', kept: 'whole', shape: 'cursor' },
  { path: 'mailbox/*/quarantine/*', kept: 'bytes' },
  { path: 'mailbox/.bodies/*', kept: 'bytes' },
  { path: 'tasks/journal.jsonl', kept: 'log', shape: 'task-record' },
  { path: 'tasks/journal.*.jsonl', kept: 'log', shape: 'task-record' },
  { path: 'tasks/journal.*.base.json', kept: 'whole', shape: 'base' },
  { path: 'tasks/quarantine/*', kept: 'bytes' },
  { path: 'agents/*/agent.json', kept: 'whole', shape: 'agent' },
  { path: 'agents/*/hooks.json', kept: 'whole', shape: 'hooks' },
  { path: 'agents/*/servers.json', kept: 'whole' },
  { path: 'agents/lead/checked-tasks.json', kept: 'whole' },
  { path: 'agents/*/keeper.jsonl', kept: 'journal', shape: 'role-record' },
  { path: 'agents/*/keeper.log', kept: 'lines' },
  { path: 'agents/*/transcript.jsonl', kept: 'journal', shape: 'transcript-record' },
  { path: 'agents/*/egress.jsonl', kept: 'journal', shape: 'egress-record' },
  { path: 'agents/*/egress.1.jsonl', kept: 'journal', shape: 'egress-record' },
  { path: 'agents/*/pane.cast', kept: 'bytes' },
  { path: 'agents/*/pane.1.cast', kept: 'bytes' },
  { path: 'agents/*/workspace/**', kept: 'bytes' },
  { path: 'artifacts/artifacts.jsonl', kept: 'journal', shape: 'artifact-record' },
  { path: 'artifacts/*', kept: 'bytes' },
  { path: 'checkpoints/changes.jsonl', kept: 'journal', shape: 'change-record' },
  { path: 'checkpoints/_staged/*/*/journal.jsonl', kept: 'journal', shape: 'staged-record' },
  { path: 'checkpoints/_staged/*/**', kept: 'bytes' },
  { path: 'checkpoints/*/*', kept: 'bytes' },
  { path: 'git/*/queue.jsonl', kept: 'journal', shape: 'queue-record' },
  { path: 'git/*/hub.git/**', kept: 'bytes' },
  { path: 'memory/**', kept: 'bytes' },
  { path: 'backup/**', kept: 'bytes' },
];
