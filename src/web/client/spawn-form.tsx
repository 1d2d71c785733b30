import { useState } from 'preact/hooks';
import { Refused, useAct } from './act.tsx';
import { InPlace } from './in-place.tsx';
import { CommandLine, quote } from './parts.tsx';
import { shown } from './state.ts';

/** Adds a teammate to a team that runs. */
export function SpawnForm() {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [role, setRole] = useState('');
  const [prompt, setPrompt] = useState('');
  const act = useAct();
  if (!isOpen)
    return (
      <InPlace of={isOpen} class="below">
        <button type="button" onClick={() => setOpen(true)}>
          Add a teammate
        </button>
      </InPlace>
    );
  const given = Object.entries({ role, prompt }).filter(([, value]) => value !== '');
  const add = async (): Promise<void> => {
    if (!(await act.run('/spawn', { name, ...Object.fromEntries(given) }))) return;
    setOpen(false);
    setName('');
  };
  return (
    <InPlace of={isOpen} class="below">
      <form
        class="form"
        aria-label="New teammate"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <label>
          Name
          <input
            required
            pattern="[a-z0-9][a-z0-9\-]{0,62}"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label>
          Role, in a few words
          <input
            value={role}
            placeholder="checks the sums"
            onInput={(event) => setRole(event.currentTarget.value)}
          />
        </label>
        <label>
          What it should know
          <textarea rows={3} value={prompt} onInput={(event) => setPrompt(event.currentTarget.value)} />
        </label>
        <Refused act={act} />
        <div class="composer-line">
          <button type="submit" class="primary" disabled={act.isBusy || name === ''}>
            {act.isBusy ? 'A moment…' : 'Add'}
          </button>
          <button type="button" onClick={() => setOpen(false)}>
            Cancel
          </button>
        </div>
        <CommandLine>
          {[
            `cowork spawn ${quote(name || 'NAME')}`,
            ...given.map(([flag, value]) => `--${flag} ${quote(value)}`),
            `-t ${shown.value?.status.team}`,
          ].join(' ')}
        </CommandLine>
      </form>
    </InPlace>
  );
}
