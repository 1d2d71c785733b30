import { useAsked, Waiting } from './asked.tsx';
import { OpeningRow } from './opening-row.tsx';
import { CommandLine, Empty, quote } from './parts.tsx';
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
  return (
    <OpeningRow<{ text: string }>
      head={
        <>
          <strong>{title}</strong>{' '}
          <span class="facts">
            <span class="id">{name}</span>
            <span>{bytesOf(bytes)}</span>
            <span>{by === null || by.team === null ? 'by you' : `by ${by.agent} of ${by.team}`}</span>
            <span>{ago(updated)}</span>
          </span>
        </>
      }
      path={`/memory/note?name=${encodeURIComponent(name)}`}
      body={({ text }) => <pre class="sheet">{text}</pre>}
      remove={{ label: 'Forget', sure: 'Forget it for good', path: '/memory/forget', name, onGone }}
      command={(isSure) => `cowork memory ${isSure ? 'forget' : 'show'} ${quote(name)}`}
    />
  );
}
