import { useRef } from 'preact/hooks';
import { Refused, useAct } from './act.tsx';
import { CommandLine } from './parts.tsx';
import { go, readOnly, shown } from './state.ts';

/** Agents have 240 s to be ready; an image that is not there is built before, in milliseconds. */
const RESUME_MS = 2_160_000;

/** Stops the team, or brings it back. */
export function TeamLife() {
  const act = useAct();
  const status = shown.value?.status;
  if (status === undefined || readOnly.value) return null;
  const isOver = ['stopped', 'failed', 'done'].includes(status.state);
  if (isOver)
    return (
      <span class="life">
        {act.isBusy && status.image !== undefined && status.image !== 'plain' && (
          <span class="muted">
            Its image “{status.image}” is built first, when it is not there: some minutes.
          </span>
        )}
        <button
          type="button"
          disabled={act.isBusy}
          title={`cowork resume -t ${status.team}`}
          onClick={() => void act.run('/resume', {}, RESUME_MS)}
        >
          {act.isBusy ? 'Is brought back…' : 'Resume'}
        </button>
        <SureButton
          label="Remove"
          what={`the team ${status.team}`}
          says="All its files are deleted: mail, tasks, transcripts, artifacts. Granted folders stay as they are."
          path="/remove"
          command={`cowork remove -t ${status.team}`}
          onDone={() => go('#/')}
        />
        <Refused act={act} />
      </span>
    );
  return (
    <span class="life">
      <StopButton what={`the team ${status.team}`} body={{}} command={`cowork stop -t ${status.team}`} />
    </span>
  );
}

/** Asks once more, then stops a team or an agent. */
export function StopButton({ what, body, command }: { what: string; body: object; command: string }) {
  return (
    <SureButton
      label="Stop"
      what={what}
      says="What runs may finish for some seconds, and work outside the granted folders is saved first. Mail and tasks stay."
      path="/stop"
      body={body}
      command={command}
    />
  );
}

/** A button that says what it would do, and does it at the second press. */
function SureButton({
  label,
  what,
  says,
  path,
  body = {},
  command,
  onDone = () => {},
}: {
  label: string;
  what: string;
  says: string;
  path: string;
  body?: object;
  command: string;
  onDone?: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const act = useAct();
  const run = async (): Promise<void> => {
    if (!(await act.run(path, body))) return;
    dialog.current?.close();
    onDone();
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
      <dialog ref={dialog} aria-label={`${label} ${what}`}>
        <div class="form">
          <h2>
            {label} {what}?
          </h2>
          <p>{says}</p>
          <Refused act={act} />
          <div class="composer-line">
            <button type="button" class="danger" disabled={act.isBusy} onClick={() => void run()}>
              {act.isBusy ? 'A moment…' : label}
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
