import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type { BetaToolResultBlockParam } from '@anthropic-ai/sdk/resources/beta';
import type { Hooks } from './hooks.ts';

/** What public hooks call our tools. */
const NAMES: Record<string, string[]> = {
  bash: ['Bash'],
  read: ['Read'],
  write: ['Write'],
  edit: ['Edit', 'MultiEdit'],
  glob: ['Glob'],
  grep: ['Grep'],
  web_fetch: ['WebFetch'],
  run_subagent: ['Task', 'Agent'],
  skill: ['Skill'],
  task_create: ['TaskCreate'],
  task_update: ['TaskUpdate'],
  send_message: ['SendMessage'],
};

/** What public hooks call a tool of ours. */
export const publicName = (tool: string): string => NAMES[tool]?.[0] ?? tool;

/** Puts hooks before and after each call of a tool; tools of a helper, too. */
export function hooked(hooks: Hooks): (tool: BetaRunnableTool) => BetaRunnableTool {
  const isQuiet = (
    [
      'PreToolUse',
      'PostToolUse',
      'PostToolUseFailure',
      'TaskCreated',
      'TaskCompleted',
      'Notification',
    ] as const
  ).every((event) => !hooks.has(event));
  if (isQuiet) return (tool) => tool;
  return (tool) => ({
    ...tool,
    run: async (given, context) => {
      const names = [tool.name, ...(NAMES[tool.name] ?? [])];
      const signal = context?.signal ?? undefined;
      const options = { names, signal };
      const call = { tool_name: names[1] ?? tool.name, tool_use_id: context?.toolUse?.id ?? '' };
      const before = await hooks.run('PreToolUse', { ...call, tool_input: given }, options);
      if (before.outcome === 'blocked' || !before.goesOn)
        throw new ToolError(refusal(before.reason || before.stopReason));
      const input =
        before.updatedInput === undefined ? given : { ...objectOf(given), ...before.updatedInput };
      await beforeTask(hooks, tool.name, objectOf(input), signal);
      await notify(hooks, tool.name, objectOf(input), signal);
      let result: Awaited<ReturnType<BetaRunnableTool['run']>>;
      try {
        result = await tool.run(input, context);
      } catch (error) {
        const said = { ...call, tool_input: input, error: textOf(error) };
        const after = await hooks.run('PostToolUseFailure', said, options);
        throw withNotes(error, [before.context, after.reason, after.context]);
      }
      const after = await hooks.run(
        'PostToolUse',
        { ...call, tool_input: input, tool_response: result },
        options,
      );
      return added(result, [before.context, after.reason, after.context]);
    },
  });
}

/** TaskCreated and TaskCompleted: exit 2 refuses what they are about. */
async function beforeTask(
  hooks: Hooks,
  tool: string,
  input: Record<string, unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isCreated = tool === 'task_create';
  if (!isCreated && !(tool === 'task_update' && input.state === 'completed')) return;
  const verdict = await hooks.run(
    isCreated ? 'TaskCreated' : 'TaskCompleted',
    {
      ...{
        task_id: input.id ?? '',
        task_subject: input.subject ?? '',
        task_description: input.description ?? '',
      },
      ...(isCreated ? {} : { task_result: input.result ?? '' }),
    },
    { signal },
  );
  if (verdict.outcome === 'blocked' || !verdict.goesOn) {
    const what = isCreated ? 'The task was not created' : 'The task is not completed';
    throw new ToolError(refusal(`${what}: ${verdict.reason || verdict.stopReason}`));
  }
}

/** The user is asked something: Notification is told, and decides nothing. */
async function notify(
  hooks: Hooks,
  tool: string,
  { question, target, why }: Record<string, unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const kind =
    tool === 'ask_user' ? 'agent_needs_input' : tool === 'request_access' ? 'permission_prompt' : '';
  if (kind === '') return;
  const message =
    tool === 'ask_user' ? String(question ?? '') : `${String(target ?? '')}: ${String(why ?? '')}`;
  await hooks.run('Notification', { message, notification_type: kind }, { names: [kind], signal });
}

const refusal = (message: string): string =>
  JSON.stringify({
    error: { code: 'HOOK_REFUSED', message, hint: 'A hook of the user decides this; do it as it says.' },
  });

function added(result: NonNullable<BetaToolResultBlockParam['content']>, notes: readonly string[]) {
  const text = notesOf(notes);
  if (text === '') return result;
  return typeof result === 'string'
    ? `${result}${text}`
    : [...result, { type: 'text' as const, text: text.trim() }];
}

function withNotes(error: unknown, notes: readonly string[]): unknown {
  const text = notesOf(notes);
  return text === '' ? error : new ToolError(`${textOf(error)}${text}`);
}

const notesOf = (notes: readonly string[]): string =>
  notes
    .filter((note) => note !== '')
    .map((note) => `\n[hook] ${note}`)
    .join('');

function textOf(error: unknown): string {
  if (error instanceof ToolError)
    return typeof error.content === 'string' ? error.content : JSON.stringify(error.content);
  return error instanceof Error ? error.message : String(error);
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}; // inputs of tools are objects
