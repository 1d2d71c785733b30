import { useRef } from 'preact/hooks';
import { Refused, useAct } from './act.tsx';
import { CommandLine } from './parts.tsx';
import { readOnly, shown } from './state.ts';

/** Stops the team, or brings it back. */
export function TeamLife() {
  const act = useAct();
  const status = shown.value?.status;
  if (status === undefined || readOnly.value) return null;
  const isOver = ['stopped', 'failed', 'done'].includes(status.state);
  if (isOver)
    return (
      <span class="life">
        <button type="button" disabled={act.isBusy} onClick={() => void act.run('/resume', {})}>
          {act.isBusy ? 'Is brought back…' : 'Resume'}
        </button>
        <Refused act={act} />
      </span>
    );
  return (
    <span class="life">
      <StopButton
        label="Stop"
        what={`the team ${status.team}`}
        body={{}}
        command={`cowork stop -t ${status.team}`}
      />
    </span>
  );
}

/** Asks once more, then stops a team or an agent. */
export function StopButton({
  label,
  what,
  body,
  command,
}: {
  label: string;
  what: string;
  body: object;
  command: string;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const act = useAct();
  const stop = async (): Promise<void> => {
    if (await act.run('/stop', body)) dialog.current?.close();
  };
  return (
    <>
      <button
        type="button"
        class="danger"
        onClick={() => dialog.current?.showModal()}
        aria-label={`${label} ${what}`}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-label={`Stop ${what}`}>
        <div class="form">
          <h2>Stop {what}?</h2>
          <p>
            What runs may finish for some seconds, and work outside the granted folders is saved first. Mail
            and tasks stay.
          </p>
          <Refused act={act} />
          <div class="composer-line">
            <button type="button" class="danger" disabled={act.isBusy} onClick={() => void stop()}>
              {act.isBusy ? 'Stopping…' : 'Stop'}
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Back
            </button>
          </div>
          <CommandLine>{command}</CommandLine>
        </div>
      </dialog>
    </>
  );
}
