import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';

/**
 * Lets a transport give only answers that the SDK takes: for it one wrong thing spoils the whole. Tools whose inputs are no schema of an
 * object are taken out and told to `onLeftOut`; what `isTaken` says no to is not heard; in place of blocks of no known form stand words that say so.
 */
export function tolerant(
  transport: Transport,
  onLeftOut: (names: string[]) => void,
  isTaken: (message: JSONRPCMessage) => boolean,
): void {
  let listener = transport.onmessage;
  // A property, since the SDK sets it anew when it has found out which revision the server speaks.
  Object.defineProperty(transport, 'onmessage', {
    get: () => listener && wrapped,
    set: (given: Transport['onmessage']) => {
      if (given !== wrapped) listener = given;
    },
  });
  const wrapped: NonNullable<Transport['onmessage']> = (message, ...rest) => {
    if (isTaken(message)) listener?.(mended(message, onLeftOut), ...rest);
  };
}

function mended(message: JSONRPCMessage, onLeftOut: (names: string[]) => void): JSONRPCMessage {
  const { result } = message as { result?: { tools?: unknown; content?: unknown } };
  if (typeof result !== 'object' || result === null) return message;
  if (Array.isArray(result.content))
    return { ...message, result: { ...result, content: result.content.map(blockOf) } } as JSONRPCMessage; // as below
  if (!Array.isArray(result.tools)) return message;
  const read = result.tools.map(toolOf);
  onLeftOut(read.flatMap((tool, i) => (tool === undefined ? [nameOf(result.tools, i)] : [])));
  const tools = read.filter((tool) => tool !== undefined);
  return { ...message, result: { ...result, tools } } as JSONRPCMessage; // as it was, with fewer tools
}

/** A tool that the SDK takes; undefined when it can't be made one. */
function toolOf(tool: unknown): object | undefined {
  if (typeof tool !== 'object' || tool === null) return undefined;
  const { name, inputSchema } = tool as { name?: unknown; inputSchema?: unknown };
  if (typeof name !== 'string' || typeof inputSchema !== 'object' || inputSchema === null) return undefined;
  const { type = 'object', properties } = inputSchema as { type?: unknown; properties?: unknown };
  const areInputs = properties === undefined || (typeof properties === 'object' && properties !== null);
  return type === 'object' && areInputs ? { ...tool, inputSchema: { ...inputSchema, type } } : undefined;
}

/** A block of a result as it is, or words in its place. */
function blockOf(block: unknown): unknown {
  const { type, text, data, mimeType, uri, name, resource } = (block ?? {}) as Record<string, unknown>;
  const isText = (value: unknown): boolean => typeof value === 'string';
  const isBytes = isText(data) && isText(mimeType) && /^[A-Za-z0-9+/]*={0,2}$/.test(String(data));
  const isWhole =
    (type === 'text' && isText(text)) ||
    ((type === 'image' || type === 'audio') && isBytes) ||
    (type === 'resource_link' && isText(uri) && isText(name)) ||
    (type === 'resource' && isText((resource as { uri?: unknown } | null | undefined)?.uri));
  if (isWhole) return block;
  const what = (JSON.stringify(type) ?? 'nothing').slice(0, 100);
  return { type: 'text', text: `[left out: a block of the type ${what} that can't be read]` };
}

function nameOf(tools: unknown, i: number): string {
  const { name } = ((tools as unknown[])[i] ?? {}) as { name?: unknown }; // an array, as its caller has looked
  return typeof name === 'string' ? name.slice(0, 100) : `number ${i + 1}`;
}
