import { situation } from '../keeper/situation.ts';
import { openTranscript } from '../keeper/transcript.ts';
import { openMailbox } from '../mailbox/mailbox.ts';
import type { TranscriptBlock, TranscriptEntry } from '../protocol/gate.ts';
import type { Message } from '../protocol/message.ts';
import { roleHolder } from '../store/role.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { readAgentRecord, writeAgentRecord } from '../team/agent-record.ts';
import { readConversation } from '../team/conversation.ts';
import { lastIncarnation, readLedger } from '../team/ledger.ts';
import { keeperRoleFile, transcriptFile } from '../team/paths.ts';
import { runningMembers } from '../team/roster.ts';
import { type Succession, settleSuccession } from '../team/succession.ts';
import type { TeamRecord } from '../team/team.ts';

/**
 * Makes somebody else the lead while nobody is: ends the lead's transcript, which is kept, with what the new one knows, from where its next life goes on. Killed
 * anywhere, it is done again: what was written last counts. Returns whether it is done; false while the teammate still runs.
 */
export async function handOver(dir: string, team: TeamRecord, succession: Succession): Promise<boolean> {
  const { from, id } = succession;
  if (from !== null && isUp(dir, from)) return false;
  const said = from === null ? [] : conversationNow(dir, from);
  const text = await briefing(dir, from);
  const entries = [...said, { type: 'user' as const, content: [...cutCalls(said), { type: 'text', text }] }];
  const transcript = openTranscript(
    transcriptFile(dir, 'lead'),
    'lead',
    readAgentRecord(dir, 'lead').incarnation,
  );
  // The first takes the place of all that stands in front of it.
  await transcript.append(
    entries.map((entry, i) => (i === 0 ? { ...entry, type: 'compacted' as const } : entry)),
  );
  await writeAgentRecord(dir, 'lead', {
    ...readAgentRecord(dir, 'lead'),
    ...{ state: 'starting', reason: from === null ? 'begins with the record of the team' : `was ${from}` },
  });
  await tellOthers(dir, team, succession);
  await settleSuccession(dir, { id, from });
  return true;
}

function isUp(dir: string, name: string): boolean {
  if (roleHolder(keeperRoleFile(dir, name)) !== undefined) return true;
  const ledger = readLedger(dir);
  const last = lastIncarnation(ledger, name);
  const isBuried = ledger.some(
    ({ type, agent, incarnation }) => type === 'incarnation_ended' && agent === name && incarnation === last,
  );
  return last > 0 && !isBuried;
}

type Spoken = Exclude<TranscriptEntry, { type: 'note' }>;

/** What an agent has in mind: its transcript from the last summary on. */
function conversationNow(dir: string, agent: string): Spoken[] {
  const entries = readConversation(dir, agent).flatMap(({ entry }) => (entry.type === 'note' ? [] : [entry]));
  const summary = entries.findLastIndex(({ type }) => type === 'compacted');
  return entries.slice(Math.max(0, summary));
}

/** Answers to the calls that nobody has answered: what is said next must begin with them. */
function cutCalls(said: readonly Spoken[]): TranscriptBlock[] {
  const last = said.findLastIndex(({ type }, i) => type === 'assistant' && said[i - 1]?.type !== 'assistant');
  if (last === -1) return [];
  const blocks = said.slice(last).flatMap(({ content }) => content);
  const answered = new Set(blocks.map(({ tool_use_id }) => tool_use_id));
  return blocks
    .filter(({ type, id }) => type === 'tool_use' && !answered.has(id))
    .map(({ id }) => ({
      ...{ type: 'tool_result', tool_use_id: id, is_error: true },
      content:
        'Cut off: you were made the lead. What the call had done by then is not known; look before you repeat it.',
    }));
}

/** How many of the newest messages and results a lead is shown that remembers nothing. */
const SHOWN = 20;

async function briefing(dir: string, from: string | null): Promise<string> {
  const mailbox = openMailbox(dir);
  const tasks = openTaskList(dir);
  const stands = await situation({ dir, agent: 'lead', mailbox, tasks });
  if (from !== null) {
    const unread = (await mailbox.log({ agent: from })).filter(
      ({ state }) => state !== 'acked' && state !== 'seen',
    );
    return [
      `[team] The user has made you the lead. Until now you were the teammate ${from}; all that was said to you is above. From here on you are "lead", mail to the lead comes to you, and nobody is called ${from} any more. What you had claimed is open again.`,
      ...quoted('Written to you before and not read:', unread),
      `How things stand now:\n${stands}\n\nSee that the job is done, and answer for the result.`,
    ].join('\n\n');
  }
  const mail = (await mailbox.log()).filter(({ from: by, to }) => [by, to].includes('lead'));
  const settled = (await tasks.list()).filter(({ state }) => state === 'completed' || state === 'failed');
  const results = settled
    .slice(-SHOWN)
    .map(
      ({ id, state, owner, subject, result }) =>
        `- ${id} ${state} by ${owner}: ${JSON.stringify(`${subject}: ${cut(result ?? '')}`)}`,
    );
  return [
    '[team] The user has put you in the place of the lead before you, whose conversation you do not have. What follows is the record of the team; what others said is quoted.',
    `How things stand now:\n${stands}`,
    ...(results.length === 0 ? [] : [`The newest results:\n${results.join('\n')}`]),
    ...quoted('The newest mail from and to the lead:', mail.slice(-SHOWN)),
    'Look at the task list and at the folders before you rely on any of it. See that the job is done, and answer for the result.',
  ].join('\n\n');
}

const quoted = (title: string, mail: readonly Message[]): string[] =>
  mail.length === 0
    ? []
    : [
        [title, ...mail.map(({ from, to, text }) => `- ${from} to ${to}: ${JSON.stringify(cut(text))}`)].join(
          '\n',
        ),
      ];

const cut = (text: string): string => (text.length > 1000 ? `${text.slice(0, 1000).toWellFormed()} …` : text);

async function tellOthers(dir: string, team: TeamRecord, { id, from }: Succession): Promise<void> {
  const who =
    from === null
      ? 'The lead was replaced by one that knows the record of the team only'
      : `${from} is the lead now`;
  const mailbox = openMailbox(dir);
  for (const to of runningMembers(team)) {
    if (to === 'lead') continue;
    const text = `${who}. Go on with your task; write to it as lead.`;
    await mailbox.send({
      from: 'team',
      to,
      kind: 'notice',
      text,
      incarnation: 0,
      key: `lead-${id}-to-${to}`,
    });
  }
}
