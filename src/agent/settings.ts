import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import type { Welcome } from '../protocol/gate.ts';
import type { ModelSettings } from './ask.ts';
import { systemPrompt } from './system-prompt.ts';

/** The settings of an agent's own conversation. They come first in every request and stay as they are, for the cache. */
export function modelSettings(
  welcome: Welcome,
  tools: readonly BetaRunnableTool[],
  knownSkills: readonly string[] = [],
): ModelSettings {
  const text = [systemPrompt(welcome), ...knownSkills].join('\n\n');
  return {
    model: welcome.model,
    ...replySettings(welcome),
    system: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }],
    tools: toolDefinitions(tools),
  };
}

const MAX_OUTPUT_TOKENS = 32_000;

/** What is asked of replies, of the agent's as of its helpers'; a server that does not know a field is asked without by the keeper. */
export function replySettings({ replies }: Pick<Welcome, 'replies'>): {
  max_tokens: number;
  [field: string]: unknown;
} {
  const { effort, thinking, maxOutput = MAX_OUTPUT_TOKENS } = replies;
  return {
    max_tokens: maxOutput,
    ...(thinking === undefined ? {} : { thinking: { type: thinking === 'off' ? 'disabled' : 'adaptive' } }),
    ...(effort === undefined ? {} : { output_config: { effort } }),
  };
}

/** Tools as the model is offered them. */
export function toolDefinitions(tools: readonly BetaRunnableTool[]): ModelSettings['tools'] {
  return tools.map((tool) => {
    // All tools here, the SDK's and ours, are of the type `custom`, which has these fields.
    const { name, description, input_schema } = tool as unknown as ModelSettings['tools'][number];
    return { name, description, input_schema } as ModelSettings['tools'][number];
  });
}
