import type { AgentEvent } from '../protocol/gate.ts';

/** What waits to be told to the agent, handed over in order to whoever listens. */
export class Channel {
  #waiting: { event: AgentEvent; told: () => void }[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  /** Called before anything is handed over: whoever listens may have to be woken. */
  onPush: () => void = () => {};

  /** Adds an event; resolves when the agent's listener has taken it, or never will. */
  push(event: AgentEvent): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.onPush();
    return new Promise((resolve) => {
      this.#waiting.push({ event, told: resolve });
      this.#wake?.();
    });
  }

  /** Nobody listens any more: lets go of all who wait. */
  close(): void {
    this.#isClosed = true;
    for (const { told } of this.#waiting.splice(0)) told();
    this.#wake?.();
  }

  /** Hands over events until the listener is gone. */
  async *listen(signal: AbortSignal): AsyncGenerator<AgentEvent> {
    while (!signal.aborted && !this.#isClosed) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next.event;
        next.told();
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}
