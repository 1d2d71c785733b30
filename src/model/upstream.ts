/** Who asks: stamped by the keeper, never by the guest. */
export interface RequestingAgent {
  team: string;
  name: string;
  role: 'lead' | 'teammate' | 'subagent';
  incarnation: number;
}

/** A model request as the gate hands it on, with its headers already cleaned of foreign credentials. */
export interface ModelRequest {
  path: '/v1/messages' | '/v1/messages/count_tokens';
  /** What follows the `?`, empty or `beta=true`. */
  query: string;
  /** Lower-case names: anthropic-version, anthropic-beta, content-type … */
  headers: Record<string, string>;
  body: Buffer;
  agent: RequestingAgent;
  signal: AbortSignal;
}

export interface ModelResponse {
  status: number;
  /** Lower-case names, without hop-by-hop headers. */
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

/** Whatever answers model requests. */
export interface Upstream extends AsyncDisposable {
  readonly kind: 'anthropic' | 'compatible' | 'rehearsal';
  /** How people see it: `Anthropic (api.anthropic.com)`, `localhost:11434`, `rehearsal: Sort the mailbox`. */
  readonly label: string;
  /** Answers with a status and a body; rejects only when `signal` aborts. */
  send(request: ModelRequest): Promise<ModelResponse>;
}
