/** How long one call may take in all, milliseconds. */
const TOTAL_MS = 3_600_000;
/** The SDK's own time-out, out of the way of this one: the longest that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;

/** Watches that a call comes to its end. */
export interface CallWatch {
  requestOptions: { signal: AbortSignal; timeout: number };
  /** It has told of its progress. */
  progress(): void;
  /** The user is asked something: the time does not count. */
  hold(): void;
  goOn(): void;
  /** Why it was cut off; undefined when it was not, or by who called. */
  reason(): Error | undefined;
  end(): void;
}

/** Cuts a call off that makes no progress within `silenceMs`, or takes over an hour. */
export function watchCall(signal: AbortSignal, silenceMs: number): CallWatch {
  const late = new AbortController();
  const began = performance.now();
  let held = 0;
  let heldSince = 0;
  let heldMs = 0;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (held > 0) return arm();
      late.abort(
        new Error(`The server made no progress within ${silenceMs / 1000} s; the call was cut off.`),
      );
    }, silenceMs);
  };
  arm();
  return {
    requestOptions: { signal: AbortSignal.any([signal, late.signal]), timeout: NEVER_MS },
    progress: () => {
      if (performance.now() - began - heldMs > TOTAL_MS)
        late.abort(new Error(`The call took over ${TOTAL_MS / 60_000} minutes and was cut off.`));
      else arm();
    },
    hold: () => {
      if (held++ === 0) heldSince = performance.now();
    },
    goOn: () => {
      if (--held > 0) return;
      heldMs += performance.now() - heldSince;
      arm();
    },
    reason: () => (late.signal.aborted ? (late.signal.reason as Error) : undefined), // given above
    end: () => clearTimeout(timer),
  };
}
