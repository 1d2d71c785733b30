/** Why a request to the model failed, as the API or the wire says it. */
export class ModelError extends Error {
  /** Status of the answer; undefined when the answer broke off after it had begun. */
  readonly status: number | undefined;
  /** Type of the API's error, such as `overloaded_error`. */
  readonly type: string | undefined;

  constructor(status: number | undefined, type: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }

  /** Reads the body of an error of the Messages API, as far as the server keeps to it. */
  static of(status: number | undefined, body: string): ModelError {
    const { type, message } = errorIn(body);
    return new ModelError(status, type, message ?? body.slice(0, 500));
  }

  /** Whether the conversation is longer than the model can take. */
  get isTooLong(): boolean {
    return (
      this.status === 413 || /prompt is too long|context (window|length)|too many tokens/i.test(this.message)
    );
  }
}

/** Why a turn failed, for people, at most 450 characters. */
export function reasonOf(error: unknown): string {
  const said = error instanceof ModelError ? describe(error) : error instanceof Error ? error.message : error;
  return String(said).slice(0, 450);
}

/** Whether the model server broke off in the middle of an answer that had begun. */
export function isCutAnswer(error: unknown): boolean {
  return error instanceof ModelError && error.status === undefined;
}

function describe({ status, type, message }: ModelError): string {
  const did = status === undefined ? 'broke off' : `answered ${status}`;
  return `The model server ${did}${type === undefined ? '' : ` (${type})`}: ${message}`;
}

function errorIn(body: string): { type?: string; message?: string } {
  try {
    return (JSON.parse(body) as { error?: { type?: string; message?: string } }).error ?? {};
  } catch {
    return {}; // not JSON: the caller quotes it
  }
}
