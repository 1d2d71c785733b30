/** What an agent asks its keeper for, the streams without end not counted. */
export interface Traffic {
  /** Requests that are under way. */
  readonly open: number;
  /** All that there were. */
  readonly requests: number;
  /** Notes that one begins; returns what to call at its end. */
  begin(): () => void;
}

export function createTraffic(): Traffic {
  let [open, requests] = [0, 0];
  return {
    get open() {
      return open;
    },
    get requests() {
      return requests;
    },
    begin: () => {
      open++;
      requests++;
      return () => void open--;
    },
  };
}
