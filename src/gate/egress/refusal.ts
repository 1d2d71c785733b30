/** Why something did not go out; a class of its own in the log. */
export type RefusalKind =
  | 'not allowed'
  | 'model server'
  | 'not public'
  | 'malformed'
  | 'no TLS'
  | 'no TLS name'
  | 'wrong TLS name'
  | 'unknown host'
  | 'unreachable'
  | 'too many';

/** A request that does not go out, as the program in the guest is told. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  /** HTTP status: 400 malformed, 403 not allowed, 502 not reachable, 503 too many, 504 too late. */
  readonly status: number;

  constructor(kind: RefusalKind, status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.status = status;
  }

  /** All of it for people and models, in whole lines. */
  get text(): string {
    return `cowork: ${this.message}\n`;
  }

  /** The first sentence, for the line of status: of a refused CONNECT many programs show nothing else. */
  get phrase(): string {
    const first = this.message.split('\n', 1)[0] ?? '';
    return `cowork: ${first}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  }

  /** A whole answer in HTTP/1.1. */
  get answer(): string {
    const { text, status, phrase } = this;
    return [
      `HTTP/1.1 ${status} ${phrase}`,
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      'connection: close',
      '',
      text,
    ].join('\r\n');
  }
}
