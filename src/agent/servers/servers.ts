import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type { Welcome } from '../../protocol/gate.ts';
import type { CallAnswer, ServerEvent, ServersOffer, ServerTool } from '../../protocol/servers.ts';
import { type GateClient, GateRefusal } from '../gate-client.ts';
import { ServerProcesses } from './processes.ts';

/** How long the first turn waits for servers to come up, milliseconds; tools of later ones are there when they are. */
const WAIT_MS = 20_000;

interface ServersOptions {
  gate: GateClient;
  welcome: Welcome;
  /** Shows people how a server fares. */
  show: (text: string, isTrouble: boolean) => void;
}

/** The MCP servers of an agent, as far as its machine has to do with them: processes to run, tools to offer. */
export class Servers {
  readonly #options: ServersOptions;
  readonly #processes: ServerProcesses;
  readonly #settled = Promise.withResolvers<void>();
  #offer: ServersOffer;
  /** Called when there are other tools. */
  onTools: () => void = () => {};
  /** Asks the agent's model; set once there are helpers. */
  ask: ((prompt: string, signal: AbortSignal) => Promise<string>) | undefined;

  constructor(options: ServersOptions) {
    this.#options = options;
    this.#processes = new ServerProcesses(options.gate, options.welcome);
    this.#offer = { tools: [], isSettled: options.welcome.extensions.servers === 0 };
  }

  /** The tools that there are now. */
  tools(): BetaRunnableTool[] {
    return this.#offer.tools.map((tool) => this.#tool(tool));
  }

  /** Resolves when each server has come up or failed, or after a while. */
  async settled(): Promise<void> {
    if (this.#offer.isSettled) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, WAIT_MS).unref());
    await Promise.race([this.#settled.promise, late]);
  }

  heard(event: ServerEvent): void {
    if (event.type === 'serve') this.#processes.serve(event.server);
    else if (event.type === 'servers') this.#take(event.offer);
    else if (event.type === 'server-says') this.#options.show(event.text, event.isTrouble);
    else void this.#asked(event.id, event.prompt);
  }

  /** The agent is to end: it waits for none that comes up. */
  leave(): void {
    this.#settled.resolve();
  }

  end(): void {
    this.#processes.end();
  }

  #take(offer: ServersOffer): void {
    this.#offer = offer;
    if (offer.isSettled) this.#settled.resolve();
    this.onTools();
  }

  #tool({ name, description, inputSchema }: ServerTool): BetaRunnableTool {
    return {
      type: 'custom',
      ...{ name, description, input_schema: inputSchema },
      parse: (input) => input,
      run: async (input, context) => {
        const { content, isError, offer } = await this.#call(name, input, context?.signal ?? undefined);
        if (offer !== undefined) this.#take(offer);
        // As one text: what is too long for the conversation is then kept in a file.
        const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
        const result = texts.length === content.length ? texts.join('\n') : content;
        if (isError) throw new ToolError(result);
        return result;
      },
    };
  }

  async #call(name: string, input: unknown, signal: AbortSignal | undefined): Promise<CallAnswer> {
    try {
      return await this.#options.gate.call<CallAnswer>('POST', '/agent/server-call', { name, input }, signal);
    } catch (error) {
      if (error instanceof GateRefusal) throw new ToolError(error.body);
      throw error;
    }
  }

  async #asked(id: string, prompt: string): Promise<void> {
    const answer = { id, text: '', failed: null as string | null };
    try {
      if (this.ask === undefined) throw new Error('the agent has not begun yet');
      answer.text = (await this.ask(prompt, AbortSignal.timeout(300_000))).slice(0, 100_000);
    } catch (error) {
      answer.failed = (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
    }
    await this.#options.gate.call('POST', '/agent/server-asked', answer).catch(() => {}); // lost with the gate
  }
}
