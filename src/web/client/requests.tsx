import { useState } from 'preact/hooks';
import { type Approval, ASKS, LASTING_KINDS } from '../../protocol/approval.ts';
import { type Act, Refused, useAct } from './act.tsx';
import { CommandLine, Empty, quote, State, Who } from './parts.tsx';
import { readOnly, shown } from './state.ts';
import { ago } from './words.ts';

/** What agents ask a person for, the open requests first. */
export function RequestsView() {
  const act = useAct();
  const team = shown.value;
  if (team === undefined) return null;
  const { approvals, status } = team;
  const open = approvals.filter(({ state }) => state === 'open');
  const answered = approvals.filter(({ state }) => state !== 'open').toReversed();
  return (
    <section aria-label="Requests" class="narrow">
      {/* Here: who is told that somebody else was quicker has no request any more. */}
      <Refused act={act} />
      {open.length === 0 && (
        <Empty title="Nobody asks for anything">
          When an agent needs a folder, a host, an answer, a higher limit or leave to go on deleting, it asks
          here and waits or goes on without it.
        </Empty>
      )}
      <ul class="rows">
        {open.map((approval) => (
          <li key={approval.id}>
            <Request approval={approval} act={act} />
          </li>
        ))}
      </ul>
      {answered.length > 0 && (
        <details>
          <summary>{answered.length} answered</summary>
          <ul class="rows">
            {answered.map(({ id, agent, kind, what, state, note, answeredBy, answeredIn, answeredWho }) => (
              <li key={id} class="row">
                <span class="row-head">
                  <span class="id">{id}</span> <Who name={agent} small /> <State state={state} />
                </span>
                <span>
                  {kind}: {what}
                </span>
                {answeredBy !== null && (
                  <span class="muted">
                    {[answeredBy, answeredWho, answeredIn ?? ''].filter((part) => part !== '').join(' · ')}
                  </span>
                )}
                {note !== '' && <span class="muted text">{note}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
      <CommandLine>{`cowork approvals -t ${status.team}`}</CommandLine>
    </section>
  );
}

const MODES = {
  '': 'as asked for',
  ro: 'read only',
  rw: 'read and write',
  keep: 'write, never lose',
  review: 'land after review',
};

function Request({ approval, act }: { approval: Approval; act: Act }) {
  const { id, agent, kind, what, why, created, detail } = approval;
  const [note, setNote] = useState('');
  const [mode, setMode] = useState('');
  const [isLasting, setLasting] = useState(false);
  const answer = (isAllowed: boolean, word = note): void =>
    void act.run(`/approvals/${id}`, {
      isAllowed,
      note: word,
      ...(mode === '' ? {} : { mode }),
      reach: isLasting ? 'project' : 'team',
    });
  const options = Array.isArray(detail.options) ? detail.options.map(String) : [];
  const isQuestion = kind === 'question';
  return (
    <article class="row" aria-label={`${agent} ${ASKS[kind]}`}>
      <span class="row-head">
        <span class="id">{id}</span>
        <Who name={agent} />
        <span class="badge warm">{kind}</span>
        <span class="muted">{ago(created)}</span>
      </span>
      <strong class="text">{what}</strong>
      {why !== '' && <span class="muted text">{why}</span>}
      {!readOnly.value && (
        <>
          <div class="composer-line">
            {kind === 'folder' && (
              <label>
                Mode{' '}
                <select value={mode} onChange={(event) => setMode(event.currentTarget.value)}>
                  {Object.entries(MODES).map(([value, label]) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </select>
              </label>
            )}
            {LASTING_KINDS.includes(kind) && (
              <label>
                <input
                  type="checkbox"
                  checked={isLasting}
                  onChange={(event) => setLasting(event.currentTarget.checked)}
                />{' '}
                always for this project
              </label>
            )}
            <input
              class="grow"
              value={note}
              aria-label={isQuestion ? `Your answer to ${id}` : `A word to ${agent}`}
              placeholder={isQuestion ? 'Your answer' : `A word to ${agent}, if you like`}
              onInput={(event) => setNote(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && isQuestion && note !== '') answer(true);
              }}
            />
          </div>
          <div class="composer-line">
            {options.map((option) => (
              <button key={option} type="button" disabled={act.isBusy} onClick={() => answer(true, option)}>
                {option}
              </button>
            ))}
            <button
              type="button"
              class="primary"
              disabled={act.isBusy || (isQuestion && note === '')}
              onClick={() => answer(true)}
            >
              {isQuestion ? 'Answer' : 'Allow'}
            </button>
            {(!isQuestion || options.length === 0) && (
              <button type="button" class="danger" disabled={act.isBusy} onClick={() => answer(false)}>
                {isQuestion ? 'No' : 'Deny'}
              </button>
            )}
          </div>
          <CommandLine>
            {[
              `cowork approvals allow ${id}`,
              ...(mode === '' ? [] : [`--mode ${mode}`]),
              ...(isLasting ? ['--always'] : []),
              ...(note === '' && !isQuestion ? [] : [`--note ${quote(note || 'ANSWER')}`]),
              `-t ${shown.value?.status.team}`,
            ].join(' ')}
          </CommandLine>
        </>
      )}
    </article>
  );
}
