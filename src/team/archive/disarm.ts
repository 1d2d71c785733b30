import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CoworkError } from '../../protocol/errors.ts';
import { IMAGE_NAMES } from '../../protocol/images.ts';
import { isName } from '../../protocol/names.ts';
import { openJournalReader } from '../../store/journal-reader.ts';
import { encodeRecord, type JsonRecord } from '../../store/record.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { NEW_AGENT } from '../agent-record.ts';
import { agentFile, approvalsFile, ledgerFile, teamFile } from '../paths.ts';
import type { TeamRecord } from '../team.ts';

const name = z.string().refine(isName);
const amount = z.number().positive().nullable().default(null);

/** What is taken of the record of a team from elsewhere: what it is and was told. Nothing that grants, runs or names a place of this machine. */
const Foreign = z.object({
  v: z.literal([1, 2]),
  job: z.string(),
  created: z.iso.datetime(),
  ended: z.iso.datetime().nullable(),
  phase: z.enum(['running', 'done', 'failed', 'stopped']),
  summary: z.string().nullable(),
  image: z.enum(IMAGE_NAMES).catch('plain').default('plain'),
  budgetUsd: amount,
  maxTokens: amount,
  maxMinutes: amount,
  maxMessages: amount,
  maxTurns: z.int().positive(),
  agents: z
    .array(
      z.object({
        name,
        role: z.enum(['lead', 'teammate']),
        title: z.string(),
        prompt: z.string(),
        model: z.string(),
        wanted: z.enum(['running', 'stopped']),
        reason: z.string(),
        added: z.string(),
        budgetUsd: amount.optional(),
        tools: z.array(z.string()).optional(),
        plan: z.enum(['needed', 'submitted', 'approved']).optional(),
      }),
    )
    .min(1)
    .max(1_000),
});

/**
 * Takes from a team that was laid out from an archive what could do harm here: its grants, hosts, script and places; the processes and folders that
 * its ledger names, which a supervisor would end and remove; and what was allowed to it, which its keepers would land again. Throws ARCHIVE_INVALID.
 */
export async function disarm(
  dir: string,
  { name: newName, images }: { name: string; images: string },
): Promise<void> {
  const team = readForeign(dir);
  const record: TeamRecord = {
    ...team,
    ...{ revision: 1, name: newName, images },
    agents: team.agents.map((agent) => ({ ...agent, key: null }) as TeamRecord['agents'][number]),
    phase: team.phase === 'running' ? 'stopped' : team.phase,
    ended: team.ended ?? new Date().toISOString(),
    ...{ sandbox: 'vm', rehearsal: null, grants: [], allowHosts: [] },
  };
  await replaceFile(teamFile(dir), `${JSON.stringify(record, null, 2)}\n`);
  await rewrite(ledgerFile(dir), (entry) => (entry.type === 'started' ? undefined : entry));
  await rewrite(approvalsFile(dir), (entry) =>
    entry.type === 'asked' ? { ...entry, detail: {}, expires: entry.at } : { ...entry, result: {} },
  );
  for (const agent of foldersIn(join(dir, 'agents'))) await quieten(agentFile(dir, agent));
}

function readForeign(dir: string): z.infer<typeof Foreign> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(teamFile(dir), 'utf8'));
  } catch (cause) {
    throw new CoworkError('ARCHIVE_INVALID', 'The archive has no team.json that can be read.', { cause });
  }
  const parsed = Foreign.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CoworkError('ARCHIVE_INVALID', `Its team.json is none: ${z.prettifyError(parsed.error)}`);
}

/** Writes a journal anew with what `change` makes of each record that is whole; undefined leaves it out. */
async function rewrite(file: string, change: (record: JsonRecord) => JsonRecord | undefined): Promise<void> {
  if (!existsSync(file)) return;
  const { records } = openJournalReader(file, (record) => ({ record })).read();
  const kept = records.flatMap((record) => change(record) ?? []);
  await replaceFile(file, Buffer.concat(kept.map((record) => encodeRecord(record))).toString('utf8'));
}

/** An agent from elsewhere has no process here; what it used is kept. */
async function quieten(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const Kept = z.object({
    incarnation: z.int().min(0),
    tokens: z.object({
      input: z.number(),
      output: z.number(),
      cacheRead: z.number(),
      cacheWrite: z.number(),
    }),
    costUsd: z.number(),
    turns: z.number(),
    messages: z.number(),
  });
  let value: unknown = null;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Not synced where it was written: it may be torn, and counts as that of an agent that did nothing.
  }
  const parsed = Kept.safeParse(value);
  const record = {
    ...NEW_AGENT,
    ...(parsed.success ? parsed.data : {}),
    state: 'stopped',
    reason: 'imported',
  };
  await replaceFile(file, `${JSON.stringify(record)}\n`);
}

const foldersIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
