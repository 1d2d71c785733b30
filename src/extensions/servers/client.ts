import { Client, type Transport } from '@modelcontextprotocol/client';

/** What a server asks of the user: a form to fill in, or an address to open. */
export interface Elicitation {
  message: string;
  /** Of a form: its fields, as JSON Schema of a flat object. */
  fields: Record<string, unknown> | null;
  required: readonly string[];
  /** The address, else null. */
  url: string | null;
}

export type ElicitAnswer =
  | { action: 'accept'; content?: Record<string, string | number | boolean | string[]> }
  | { action: 'decline' | 'cancel' };

/** What servers may ask of whoever uses them. */
export interface ClientHandlers {
  /** Folders as the server sees them. */
  roots: () => { uri: string; name: string }[];
  elicit: (asked: Elicitation, signal: AbortSignal) => Promise<ElicitAnswer>;
  /** Asks the agent's model; gives its words and its name. */
  sample: (prompt: string, signal: AbortSignal) => Promise<{ text: string; model: string }>;
}

/** `auto`: ask which revision it speaks, and fall back; `legacy`: greet it as servers before 2026 want it. */
export type Negotiation = 'auto' | 'legacy';

interface ClientOptions {
  negotiation: Negotiation;
  handlers: ClientHandlers;
  startMs: number;
  signal: AbortSignal;
  onClose: () => void;
  onListChanged: () => void;
}

/** A connected client of the SDK. Throws what the SDK throws. */
export async function openClient(transport: Transport, options: ClientOptions): Promise<Client> {
  const { negotiation, handlers, startMs, signal, onListChanged } = options;
  const changed = { autoRefresh: false, debounceMs: 200, onChanged: () => onListChanged() };
  const client = new Client(
    { name: 'cowork', version: '0.1.0' },
    {
      capabilities: { roots: {}, sampling: {}, elicitation: { form: {}, url: {} } },
      versionNegotiation: { mode: negotiation, probe: { timeoutMs: Math.ceil(startMs / 3) } },
      listChanged: { tools: changed, prompts: changed, resources: changed },
      // Schemas of a server are not run here: a pattern or a reference of theirs could keep the keeper busy for ever.
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
  client.onclose = options.onClose;
  client.onerror = () => {}; // a line that is no message; what ends the connection is told by onclose
  client.setRequestHandler('roots/list', () => ({ roots: handlers.roots() }));
  client.setRequestHandler('elicitation/create', (request, { mcpReq }) =>
    handlers.elicit(elicitationOf(request.params as unknown as Record<string, unknown>), mcpReq.signal),
  );
  client.setRequestHandler('sampling/createMessage', async (request, { mcpReq }) => {
    const { text, model } = await handlers.sample(
      promptOf(request.params as unknown as Record<string, unknown>),
      mcpReq.signal,
    );
    return { model, role: 'assistant', content: { type: 'text', text }, stopReason: 'endTurn' };
  });
  try {
    await client.connect(transport, { timeout: startMs, signal });
  } catch (error) {
    client.onclose = () => {};
    await client.close().catch(() => {}); // it may never have been open
    throw error;
  }
  return client;
}

/** The SDK has checked the shape; of what is in there only this is used. */
function elicitationOf({ mode, message, url, requestedSchema }: Record<string, unknown>): Elicitation {
  const text = String(message ?? '').slice(0, 1_500);
  if (mode === 'url')
    return { message: text, fields: null, required: [], url: String(url ?? '').slice(0, 2_000) };
  const { properties, required } = (requestedSchema ?? {}) as { properties?: object; required?: unknown };
  return {
    message: text,
    fields: { ...properties },
    required: Array.isArray(required) ? required.map(String) : [],
    url: null,
  };
}

/** The conversation that a server wants to have, as one text. */
function promptOf({ systemPrompt, messages }: Record<string, unknown>): string {
  const said = (Array.isArray(messages) ? messages : []).slice(-50).map((message) => {
    const { role, content } = message as { role?: unknown; content?: unknown };
    const blocks = Array.isArray(content) ? content : [content];
    const words = blocks.map((block) => {
      const { text } = (block ?? {}) as { text?: unknown };
      return typeof text === 'string' ? text : '[left out]';
    });
    return `${String(role)}: ${words.join('\n')}`;
  });
  const begin = typeof systemPrompt === 'string' ? [systemPrompt] : [];
  return [...begin, ...said].join('\n\n').slice(0, 100_000);
}
