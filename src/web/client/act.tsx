import { useState } from 'preact/hooks';
import { post, Refusal } from './api.ts';
import { place } from './state.ts';

/** Something that a person does: whether it runs, and what was refused. */
export interface Act {
  isBusy: boolean;
  refusal: Refusal | undefined;
  /** Posts to the team that is shown; true when it was done. */
  run(path: string, body: unknown, deadlineMs?: number): Promise<boolean>;
  /** The same for what is not of a team. */
  runHere(path: string, body: unknown, deadlineMs?: number): Promise<boolean>;
  /** The same for whatever else the server is asked. */
  runAt(work: () => Promise<unknown>): Promise<boolean>;
  forget(): void;
}

export function useAct(): Act {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | undefined>(undefined);
  const runAt = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setRefusal(error instanceof Refusal ? error : new Refusal('INTERNAL', String(error), ''));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const runHere = (path: string, body: unknown, deadlineMs?: number): Promise<boolean> =>
    runAt(() => post(path, body, deadlineMs));
  return {
    isBusy,
    refusal,
    forget: () => setRefusal(undefined),
    run: (path, body, deadlineMs) =>
      runHere(`/teams/${encodeURIComponent(place.value.team ?? '')}${path}`, body, deadlineMs),
    ...{ runHere, runAt },
  };
}

/** What was refused, and what to do. */
export function Refused({ act }: { act: Act }) {
  if (act.refusal === undefined) return null;
  return (
    <p class="refused" role="alert">
      <strong>{act.refusal.message}</strong> {act.refusal.hint}
    </p>
  );
}
