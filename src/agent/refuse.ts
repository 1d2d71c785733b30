import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type { ErrorBody, ErrorCode } from '../protocol/errors.ts';

/** A refusal of a tool that runs here, in the shape of those of the keeper. The table of codes stays on the host: it is large. */
export function refusal(code: ErrorCode, message: string, hint: string): ToolError {
  const body: ErrorBody = { error: { code, message, hint } };
  return new ToolError(JSON.stringify(body));
}
