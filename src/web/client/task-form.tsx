import { useState } from 'preact/hooks';
import type { Task } from '../../protocol/task.ts';
import { Refused, useAct } from './act.tsx';
import { CommandLine, quote } from './parts.tsx';
import { shown } from './state.ts';

/** Writes a new task, or changes one. */
export function TaskForm({ task, onDone }: { task?: Task; onDone: () => void }) {
  const [subject, setSubject] = useState(task?.subject ?? '');
  const [description, setDescription] = useState(task?.description ?? '');
  const [owner, setOwner] = useState(task?.owner ?? '');
  const [after, setAfter] = useState(task?.dependsOn.join(' ') ?? '');
  const act = useAct();
  const dependsOn = after.split(/[\s,]+/).filter((id) => id !== '');
  const save = async (): Promise<void> => {
    const fields = { subject, description, dependsOn, owner: owner === '' ? null : owner };
    const changed = task === undefined ? fields : changesOf(task, fields);
    if (await act.run(task === undefined ? '/tasks' : `/tasks/${task.id}/edit`, changed)) onDone();
  };
  return (
    <form
      class="form"
      aria-label={task === undefined ? 'New task' : `Edit ${task.id}`}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label>
        Subject
        <input required value={subject} onInput={(event) => setSubject(event.currentTarget.value)} />
      </label>
      <label>
        What exactly is to be done
        <textarea
          rows={5}
          value={description}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
      </label>
      <OwnerSelect value={owner} onChange={setOwner} />
      <label>
        After these tasks
        <input value={after} placeholder="t1 t2" onInput={(event) => setAfter(event.currentTarget.value)} />
      </label>
      <Refused act={act} />
      <div class="composer-line">
        <button type="submit" class="primary" disabled={act.isBusy || subject.trim() === ''}>
          {task === undefined ? 'Add' : 'Save'}
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
      <CommandLine>
        {[
          task === undefined
            ? `cowork tasks add ${quote(subject || 'SUBJECT')}`
            : `cowork tasks edit ${task.id}`,
          ...(task === undefined || subject === task.subject ? [] : [`--subject ${quote(subject)}`]),
          ...(description === (task?.description ?? '') ? [] : [`--description ${quote(description)}`]),
          ...(owner === (task?.owner ?? '') ? [] : [`--owner ${owner || "''"}`]),
          ...(after === (task?.dependsOn.join(' ') ?? '')
            ? []
            : dependsOn.map((id) => `--depends-on ${quote(id)}`)),
          `-t ${shown.value?.status.team}`,
        ].join(' ')}
      </CommandLine>
    </form>
  );
}

export function OwnerSelect({ value, onChange }: { value: string; onChange: (owner: string) => void }) {
  return (
    <label>
      Kept for
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">anybody</option>
        {shown.value?.status.agents.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

type Fields = Pick<Task, 'subject' | 'description' | 'dependsOn' | 'owner'>;

/** Only what is different: what others changed meanwhile stays. */
function changesOf(task: Task, fields: Fields): Partial<Fields> {
  const names = Object.keys(fields) as (keyof Fields)[]; // it has no others
  return Object.fromEntries(
    names.flatMap((name) =>
      JSON.stringify(task[name]) === JSON.stringify(fields[name]) ? [] : [[name, fields[name]]],
    ),
  );
}
