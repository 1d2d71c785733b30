import { useState } from 'preact/hooks';
import type { ChangeRow, ChangesPage } from '../shapes.ts';
import { type Act, Refused, useAct } from './act.tsx';
import { useAsked, Waiting } from './asked.tsx';
import { DiffLines } from './diff-lines.tsx';
import { FindWords, Whose } from './filters.tsx';
import { CommandLine, Empty, quote, Who } from './parts.tsx';
import { readOnly, shown } from './state.ts';
import { timeOf } from './words.ts';

/** What agents have changed in the granted folders; to land, and to put back. */
export function ChangesView() {
  const [agent, setAgent] = useState('');
  const [words, setWords] = useState('');
  const act = useAct();
  const status = shown.value?.status;
  const team = status?.team ?? '';
  const of = agent === '' ? '' : `?agent=${encodeURIComponent(agent)}`;
  const asked = useAsked<ChangesPage>(`/teams/${encodeURIComponent(team)}/changes${of}`);
  if (status === undefined) return null;
  const all = asked.value?.changes ?? [];
  const found = all.filter(({ path }) => path.toLowerCase().includes(words.toLowerCase()));
  const grants = [...new Set(found.map(({ grant }) => grant))];
  const flags = `${agent === '' ? '' : ` --agent ${agent}`} -t ${team}`;
  const put = async (verb: 'apply' | 'undo', place: { path?: string }, force = false): Promise<void> => {
    const body = { ...place, ...(agent === '' ? {} : { agent }), force };
    if (await act.run(`/${verb}`, body)) asked.again();
  };
  return (
    <section aria-label="Changes">
      <div class="filters">
        <Whose
          label="Agent"
          value={agent}
          choices={[
            { value: '', label: 'Everybody' },
            ...status.agents.map(({ name }) => ({ value: name, label: name })),
          ]}
          onChange={setAgent}
        />
        <FindWords label="Find a path" value={words} onChange={setWords} />
        <button type="button" disabled={asked.isBusy} onClick={asked.again}>
          {asked.isBusy ? 'Looking…' : 'Look again'}
        </button>
      </div>
      <Waiting asked={asked} />
      {asked.value !== undefined && found.length === 0 && (
        <Empty title={all.length === 0 ? 'Nothing has changed' : 'Nothing like this'}>
          {status.agents.some(({ sandbox }) => sandbox === 'none')
            ? 'Without a virtual machine nothing is recorded: agents of this team write on the host like any program of yours.'
            : 'What agents change or delete in granted folders is kept here as it was before, so that you can put it back.'}
        </Empty>
      )}
      {grants.map((grant) => (
        <Grant
          key={grant}
          name={grant}
          rows={found.filter((row) => row.grant === grant)}
          put={put}
          act={act}
        />
      ))}
      {asked.value !== undefined && asked.value.total > all.length && (
        <p class="muted">
          The first {all.length} of {asked.value.total} places. All of them: <code>cowork diff{flags}</code>
        </p>
      )}
      <CommandLine>{`cowork diff${flags}`}</CommandLine>
    </section>
  );
}

type Put = (verb: 'apply' | 'undo', place: { path?: string }, force?: boolean) => Promise<void>;

function Grant({ name, rows, put, act }: { name: string; rows: ChangeRow[]; put: Put; act: Act }) {
  const [asking, setAsking] = useState<'apply' | 'undo' | undefined>(undefined);
  const staged = rows.filter((row) => row.staged).length;
  const isConflict = act.refusal?.code === 'CHANGES_CONFLICT';
  const root = `/grants/${name}`;
  const folder = shown.value?.grants.find((grant) => grant.name === name)?.path;
  return (
    <section class="grant" aria-label={`Changes in ${name}`}>
      <header class="grant-head">
        <h2>{name}</h2>
        <span class="muted">
          {folder !== undefined && `${folder} · `}
          {rows.length} {rows.length === 1 ? 'place' : 'places'}
          {staged > 0 && `, ${staged} not applied`}
        </span>
        {!readOnly.value && (
          <span class="push composer-line">
            {staged > 0 && (
              <button type="button" class="primary" onClick={() => setAsking('apply')}>
                Apply all
              </button>
            )}
            <button type="button" class="danger" onClick={() => setAsking('undo')}>
              Put all back
            </button>
          </span>
        )}
      </header>
      {asking !== undefined && (
        <div class="trouble soft">
          <p>
            {asking === 'apply'
              ? `What waits lands in your folder ${name}. \`undo\` takes it back.`
              : `${name} is put back to what it was before the team. What stands there now is kept.`}
          </p>
          <div class="composer-line">
            <button
              type="button"
              class={asking === 'apply' ? 'primary' : 'danger'}
              disabled={act.isBusy}
              onClick={() => void put(asking, { path: root }, isConflict)}
            >
              {act.isBusy
                ? 'At it…'
                : isConflict
                  ? 'Do it all the same'
                  : asking === 'apply'
                    ? 'Apply'
                    : 'Put back'}
            </button>
            <button
              type="button"
              onClick={() => {
                act.forget();
                setAsking(undefined);
              }}
            >
              Leave it
            </button>
          </div>
          <Refused act={act} />
          <CommandLine>{`cowork ${asking} ${root}${isConflict ? ' --force' : ''} -t ${shown.value?.status.team}`}</CommandLine>
        </div>
      )}
      <ul class="rows">
        {rows.map((row) => (
          <li key={`${row.path} ${row.by} ${row.change}`}>
            <Change row={row} put={put} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const SIGNS: Record<string, string> = { created: '+', modified: '±', deleted: '−', renamed: '→' };

function Change({ row, put }: { row: ChangeRow; put: Put }) {
  const [isOpen, setOpen] = useState(false);
  const { change, path, from, agents, at, conflict, staged, branch, was, is } = row;
  const team = shown.value?.status.team ?? '';
  const verb = staged ? 'apply' : 'undo';
  const root = shown.value?.grants.find(({ name }) => name === row.grant)?.path;
  // All in a grant have its folder in common: the heading says which.
  const inGrant = (whole: string): string =>
    root !== undefined && whole.startsWith(`${root}/`) ? whole.slice(root.length + 1) : whole;
  const size = [was?.size, is?.size].map((bytes) => bytes ?? 0);
  return (
    <details class="row change" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="change-summary">
        <span class={`change-sign change-${change}`} role="img" aria-label={change}>
          {SIGNS[change] ?? '±'}
        </span>
        <span class="change-path" title={path}>
          {from !== null && `${inGrant(from)} → `}
          {inGrant(path)}
        </span>
        <span class="facts">
          {agents.map((name) => (
            <Who key={name} name={name} small />
          ))}
          {staged && <span class="badge warm">not applied</span>}
          {branch !== undefined && <span class="badge">on {branch}</span>}
          {conflict !== null && <span class="badge warm">conflict</span>}
          {at !== '' && <span>{timeOf(at)}</span>}
        </span>
      </summary>
      {isOpen && (
        <>
          {conflict !== null && <p class="refused">Conflict: {conflict}</p>}
          {was !== null && is !== null && was.mode !== is.mode && (
            <p class="muted">
              rights {was.mode} → {is.mode}
            </p>
          )}
          {row.summary !== null && (
            <p class="muted">
              {row.summary} ({size[0]} → {size[1]} bytes)
            </p>
          )}
          <Difference row={row} team={team} />
          {!readOnly.value && branch === undefined && (
            <div class="composer-line">
              {staged && (
                <button
                  type="button"
                  class="primary"
                  onClick={() => void put('apply', { path }, conflict !== null)}
                >
                  {conflict === null ? 'Apply' : 'Apply all the same'}
                </button>
              )}
              <button
                type="button"
                class="danger"
                onClick={() => void put('undo', { path }, conflict !== null)}
              >
                {staged ? 'Drop it' : conflict === null ? 'Put back' : 'Put back all the same'}
              </button>
            </div>
          )}
          <CommandLine>{`cowork ${verb} ${quote(path)}${conflict === null ? '' : ' --force'} -t ${team}`}</CommandLine>
        </>
      )}
    </details>
  );
}

/** The lines that differ; those that were too many for the list are asked for alone. */
function Difference({ row, team }: { row: ChangeRow; team: string }) {
  const path = `/teams/${encodeURIComponent(team)}/changes?path=${encodeURIComponent(row.path)}`;
  const asked = useAsked<ChangesPage>(row.isCut === true ? path : undefined);
  const lines = row.diff ?? asked.value?.changes.find(({ by }) => by === row.by)?.diff;
  if (row.isCut === true && lines === undefined) return <Waiting asked={asked} />;
  return lines == null || lines.length === 0 ? null : <DiffLines lines={lines} />;
}
