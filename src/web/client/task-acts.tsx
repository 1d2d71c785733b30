import { useState } from 'preact/hooks';
import type { Task } from '../../protocol/task.ts';
import { Refused, useAct } from './act.tsx';
import { InPlace } from './in-place.tsx';
import { CommandLine, quote } from './parts.tsx';
import { readOnly, shown } from './state.ts';
import { OwnerSelect, TaskForm } from './task-form.tsx';

const OVER = ['completed', 'cancelled'];

type Mode = 'edit' | 'give' | 'cancel' | undefined;

/** What can be done with a task: edit, give to somebody, cancel. */
export function TaskActs({ task }: { task: Task }) {
  const [mode, setMode] = useState<Mode>(undefined);
  if (readOnly.value || OVER.includes(task.state)) return null;
  return (
    <InPlace of={mode}>
      {mode === 'edit' ? (
        <TaskForm task={task} onDone={() => setMode(undefined)} />
      ) : (
        <GiveOrCancel task={task} mode={mode} setMode={setMode} />
      )}
    </InPlace>
  );
}

function GiveOrCancel(asked: { task: Task; mode: Exclude<Mode, 'edit'>; setMode: (mode: Mode) => void }) {
  const { task, mode, setMode } = asked;
  const [owner, setOwner] = useState('');
  const [reason, setReason] = useState('');
  const act = useAct();
  const isHeld = ['in_progress', 'review', 'failed'].includes(task.state);
  const give = async (): Promise<void> => {
    const to = owner === '' ? null : owner;
    const isGiven = isHeld
      ? await act.run(`/tasks/${task.id}/release`, { owner: to, ...(reason === '' ? {} : { reason }) })
      : await act.run(`/tasks/${task.id}/edit`, { owner: to });
    if (isGiven) setMode(undefined);
  };
  const cancel = async (): Promise<void> => {
    if (await act.run(`/tasks/${task.id}/cancel`, reason === '' ? {} : { reason })) setMode(undefined);
  };
  const command = (): string => {
    const why = reason === '' ? '' : ` --reason ${quote(reason)}`;
    if (mode === 'cancel') return `cowork tasks cancel ${task.id}${why}`;
    return isHeld
      ? `cowork tasks release ${task.id}${owner === '' ? '' : ` --owner ${owner}`}${why}`
      : `cowork tasks edit ${task.id} --owner ${owner || "''"}`;
  };
  if (mode === undefined)
    return (
      <div class="composer-line">
        <button type="button" onClick={() => setMode('edit')}>
          Edit
        </button>
        <button type="button" onClick={() => setMode('give')}>
          {isHeld ? 'Take back, give to…' : 'Keep for…'}
        </button>
        <button type="button" class="danger" onClick={() => setMode('cancel')}>
          Cancel it
        </button>
      </div>
    );
  return (
    <div class="form">
      {mode === 'give' && <OwnerSelect value={owner} onChange={setOwner} />}
      {(mode === 'cancel' || isHeld) && (
        <label>
          Why, if you like to say
          <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
      )}
      {mode === 'cancel' && <p class="muted">What depends on it is cancelled with it.</p>}
      <Refused act={act} />
      <div class="composer-line">
        <button
          type="button"
          class={mode === 'cancel' ? 'danger' : 'primary'}
          disabled={act.isBusy}
          onClick={() => void (mode === 'cancel' ? cancel() : give())}
        >
          {mode === 'cancel' ? `Cancel ${task.id}` : 'Give'}
        </button>
        <button type="button" onClick={() => setMode(undefined)}>
          Back
        </button>
      </div>
      <CommandLine>{`${command()} -t ${shown.value?.status.team}`}</CommandLine>
    </div>
  );
}
