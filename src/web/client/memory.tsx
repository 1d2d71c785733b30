import { useState } from 'preact/hooks';
import { Refused, useAct } from './act.tsx';
import { useAsked, Waiting } from './asked.tsx';
import { CommandLine, Empty, quote } from './parts.tsx';
import { readOnly } from './state.ts';
import { ago, bytesOf } from './words.ts';

interface Note {
  name: string;
  title: string;
  bytes: number;
  updated: string;
  by: { agent: string; team: string | null } | null;
}

/** What agents and you have noted, to outlive teams. */
export function MemoryView() {
  const asked = useAsked<Note[]>('/memory');
  const notes = asked.value ?? [];
  return (
    <section class="narrow" aria-label="Memory">
      <h1>Memory</h1>
      <Waiting asked={asked} />
      {asked.value !== undefined && notes.length === 0 && (
        <Empty title="Nothing is remembered yet">
          Agents note what is of use next time, for you and for a project. You can, too:{' '}
          <code>cowork memory edit user/NAME.md</code>
        </Empty>
      )}
      <ul class="rows">
        {notes.map((note) => (
          <li key={note.name}>
            <NoteRow note={note} onGone={asked.again} />
          </li>
        ))}
      </ul>
      <CommandLine>cowork memory</CommandLine>
    </section>
  );
}

function NoteRow({ note: { name, title, bytes, updated, by }, onGone }: { note: Note; onGone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [isSure, setSure] = useState(false);
  const act = useAct();
  const asked = useAsked<{ text: string }>(
    isOpen ? `/memory/note?name=${encodeURIComponent(name)}` : undefined,
  );
  const forget = async (): Promise<void> => {
    if (await act.runHere('/memory/forget', { name })) onGone();
  };
  return (
    <details class="row" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{title}</strong>{' '}
        <span class="facts">
          <span class="id">{name}</span>
          <span>{bytesOf(bytes)}</span>
          <span>{by === null || by.team === null ? 'by you' : `by ${by.agent} of ${by.team}`}</span>
          <span>{ago(updated)}</span>
        </span>
      </summary>
      {isOpen && <Waiting asked={asked} />}
      {asked.value !== undefined && <pre class="sheet">{asked.value.text}</pre>}
      {!readOnly.value && (
        <div class="composer-line">
          <button
            type="button"
            class="danger"
            disabled={act.isBusy}
            onClick={() => (isSure ? void forget() : setSure(true))}
          >
            {isSure ? 'Forget it for good' : 'Forget'}
          </button>
        </div>
      )}
      <Refused act={act} />
      <CommandLine>{`cowork memory ${isSure ? 'forget' : 'show'} ${quote(name)}`}</CommandLine>
    </details>
  );
}
