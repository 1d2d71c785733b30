import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BetaToolResultBlockParam, BetaToolUseBlockParam } from '@anthropic-ai/sdk/resources/beta';
import { isServerTool } from '../protocol/permits.ts';

interface Surroundings {
  workspace: string;
  /** What the keeper knows of calls on the team, by their ids. */
  known: () => Promise<Record<string, string>>;
  /** Resolves when the granted folders are there. */
  ready: () => Promise<unknown>;
}

/** Largest file that is compared with what was to be written, in bytes. */
const COMPARED_MAX = 4 * 1024 * 1024;

/** Answers each call that a restart cut off: done, not done, or not known, as far as it can be seen now. */
export async function answerCut(
  calls: readonly BetaToolUseBlockParam[],
  { workspace, known, ready }: Surroundings,
): Promise<BetaToolResultBlockParam[]> {
  if (calls.length === 0) return [];
  const told = await known().catch((): Record<string, string> => ({}));
  return Promise.all(
    calls.map(async (call) => ({
      type: 'tool_result',
      tool_use_id: call.id,
      // Also what was done: it has no result that could be given.
      is_error: true,
      content: `Cut off: the agent was restarted. ${told[call.id] ?? (await seen(call, workspace, ready))}`,
    })),
  );
}

const DONE = 'was done: the file holds what you wrote. Do not do it again.';
const NOT_DONE =
  'is not in the file: it was not done, or somebody has changed the file since. Look before you make the call again.';
const UNKNOWN = 'What the call had done by then is not known; look before you repeat it.';
const LOOKS = new Set(['read', 'glob', 'grep', 'skill']);

async function seen(
  { name, input }: BetaToolUseBlockParam,
  workspace: string,
  ready: () => Promise<unknown>,
): Promise<string> {
  const fields = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  if (LOOKS.has(name)) return 'It only looks and has changed nothing: make it again if you need it.';
  if (name === 'run_subagent')
    return 'The helper ended with you and what it found is lost; what it had changed by then stays. Look before you start another.';
  if (name === 'bash')
    return 'All that the command had started has ended. What it had done by then is not known; look before you repeat it.';
  if (isServerTool(name))
    return 'Whether the server has done it is not known; look there before you repeat it.';
  if ((name !== 'write' && name !== 'edit') || typeof fields.file_path !== 'string') return UNKNOWN;
  try {
    await ready();
    const file = resolve(workspace, fields.file_path);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    if (text.length > COMPARED_MAX) return UNKNOWN;
    const isDone = name === 'write' ? text === fields.content : isEdited(text, fields);
    return isDone === undefined ? UNKNOWN : `The ${name} ${isDone ? DONE : NOT_DONE}`;
  } catch {
    return UNKNOWN; // it can't be read: not there yet, a folder, forbidden
  }
}

/** Whether an edit is in a text; undefined where both would look like this. */
function isEdited(
  text: string,
  { old_string: before, new_string: after }: Record<string, unknown>,
): boolean | undefined {
  if (typeof before !== 'string' || typeof after !== 'string' || before === '') return undefined;
  const hasNew = text.includes(after);
  if (!text.includes(before)) return hasNew;
  // Words that stand in what takes their place are there before and afterwards.
  if (hasNew && after !== '') return undefined;
  return false;
}
