import { Refused, useAct } from './act.tsx';
import { useAsked, Waiting } from './asked.tsx';
import { OpeningRow } from './opening-row.tsx';
import { CommandLine, Empty, quote } from './parts.tsx';
import { readOnly } from './state.ts';
import { ago, bytesOf } from './words.ts';

interface Note {
  name: string;
  title: string;
  bytes: number;
  revision: string;
  updated: string;
  by: { agent: string; team: string | null } | null;
  where: 'home' | 'project';
  isAgreed: boolean;
  problem: string | null;
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
            <NoteRow note={note} onChange={asked.again} />
          </li>
        ))}
      </ul>
      <CommandLine>cowork memory</CommandLine>
    </section>
  );
}

function NoteRow({ note, onChange }: { note: Note; onChange: () => void }) {
  const { name, title, bytes, updated, problem, isAgreed } = note;
  return (
    <OpeningRow<Note & { text: string }>
      head={
        <>
          <strong>{title}</strong>{' '}
          <span class="facts">
            <span class="id">{name}</span>
            {problem === null && <span>{bytesOf(bytes)}</span>}
            {isAgreed && <span>{writer(note)}</span>}
            {problem === null && <span>{ago(updated)}</span>}
            {problem !== null && <span class="badge warm">no note: {problem}</span>}
            {problem === null && !isAgreed && (
              <span class="badge warm">agents don't see it before you agree</span>
            )}
          </span>
        </>
      }
      path={`/memory/note?name=${encodeURIComponent(name)}`}
      body={(shown) => (
        <>
          <pre class="sheet">{shown.text}</pre>
          {!isAgreed && <Agree note={shown} onAgreed={onChange} />}
        </>
      )}
      remove={{ label: 'Forget', sure: 'Forget it for good', path: '/memory/forget', name, onGone: onChange }}
      command={(isSure) => `cowork memory ${isSure ? 'forget' : 'show'} ${quote(name)}`}
    />
  );
}

/** Below the text that it is about: consent is to what was shown. */
function Agree({ note: { name, revision }, onAgreed }: { note: Note; onAgreed: () => void }) {
  const act = useAct();
  if (readOnly.value) return null;
  const agree = async (): Promise<void> => {
    if (await act.runHere('/memory/allow', { name, revision })) onAgreed();
  };
  return (
    <>
      <div class="composer-line">
        <button type="button" disabled={act.isBusy} onClick={() => void agree()}>
          Agree: agents may see it
        </button>
      </div>
      <Refused act={act} />
      <CommandLine>{`cowork memory allow ${quote(name)}`}</CommandLine>
    </>
  );
}

function writer({ by, where }: Note): string {
  if (by === null && where === 'project') return 'you have agreed to it';
  return by === null || by.team === null ? 'by you' : `by ${by.agent} of ${by.team}`;
}
