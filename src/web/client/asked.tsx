import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, Refusal } from './api.ts';

/** What the server said to a question of a view. */
export interface Asked<T> {
  value: T | undefined;
  refusal: Refusal | undefined;
  isBusy: boolean;
  /** Asks again; what is shown stays until the answer is there. */
  again(): void;
}

/** Asks once for each `path`; undefined asks nothing. */
export function useAsked<T>(path: string | undefined): Asked<T> {
  const [answer, setAnswer] = useState<{ path?: string; value?: T; refusal?: Refusal }>({});
  const [round, setRound] = useState(0);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (path === undefined) return;
    let isWanted = true;
    setBusy(true);
    get<T>(path)
      .then(
        (value) => ({ path, value }),
        (error: unknown) => ({
          path,
          refusal: error instanceof Refusal ? error : new Refusal('INTERNAL', String(error), ''),
        }),
      )
      .then((next) => {
        if (!isWanted) return;
        setAnswer(next);
        setBusy(false);
      });
    return () => {
      isWanted = false;
    };
  }, [path, round]);
  const again = useCallback(() => setRound((n) => n + 1), []);
  const isThis = answer.path === path;
  return {
    value: isThis ? answer.value : undefined,
    refusal: isThis ? answer.refusal : undefined,
    isBusy,
    again,
  };
}

/** The same again and again, as long as the page is in view. */
export function useAskedEvery<T>(path: string, everyMs: number): Asked<T> {
  const asked = useAsked<T>(path);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') asked.again();
    }, everyMs);
    return () => clearInterval(timer);
  }, [asked.again, everyMs]);
  return asked;
}

/** What stands in place of an answer: that it is on its way, or why there is none. */
export function Waiting({ asked }: { asked: Asked<unknown> }) {
  if (asked.refusal !== undefined)
    return (
      <p class="refused" role="alert">
        <strong>{asked.refusal.message}</strong> {asked.refusal.hint}
      </p>
    );
  return asked.value === undefined ? <p class="loading">Loading…</p> : null;
}
