import { useState } from 'preact/hooks';
import type { ArtifactRow } from '../shapes.ts';
import { useAsked, Waiting } from './asked.tsx';
import { DiffLines } from './diff-lines.tsx';
import { CommandLine, Empty, Who } from './parts.tsx';
import { shown } from './state.ts';
import { ArtifactBody } from './viewer/artifact.tsx';
import { ago, bytesOf } from './words.ts';

/** What the agents have presented, the newest first: to look at, to compare, and to keep. */
export function ArtifactsView() {
  const team = shown.value;
  if (team === undefined) return null;
  const { artifacts, status } = team;
  const newest = artifacts.filter(
    (row) => !artifacts.some((other) => other.title === row.title && other.version > row.version),
  );
  const base = `/api/teams/${encodeURIComponent(status.team)}`;
  return (
    <section aria-label="Artifacts" class="narrow">
      {artifacts.length === 0 && (
        <Empty title="Nothing was presented yet">
          Agents present what you should see: reports, tables, pages. A copy is kept here with the team, each
          version of it.
        </Empty>
      )}
      <ul class="rows">
        {newest.toReversed().map((row) => (
          <li key={row.id} class="row">
            <ArtifactCard
              row={row}
              older={artifacts.filter(({ title, id }) => title === row.title && id !== row.id).toReversed()}
              base={base}
            />
          </li>
        ))}
      </ul>
      <p class="composer-line">
        <a href={`${base}/report`} target="_blank" rel="noopener">
          Report of the job
        </a>
        <a href={`${base}/report?keep`} download={`${status.team}-report.html`}>
          Keep it as one file
        </a>
      </p>
      <CommandLine>{`cowork report -t ${status.team}`}</CommandLine>
      <CommandLine>{`cowork artifacts -t ${status.team}`}</CommandLine>
    </section>
  );
}

function ArtifactCard({ row, older, base }: { row: ArtifactRow; older: ArtifactRow[]; base: string }) {
  const [isOpen, setOpen] = useState(false);
  const [besideId, setBeside] = useState('');
  const { id, title, kind, maker, version, bytes, created, file, look } = row;
  const beside = older.find((each) => each.id === besideId);
  const pathOf = (of: string): string => `${base}/artifacts/${of}`;
  return (
    <>
      <span class="row-head">
        <h2>{title}</h2>
        {version > 1 && <span class="badge">version {version}</span>}
        <span class="badge">{kind}</span>
        <Who name={maker} small />
      </span>
      <span class="facts">
        <span class="id">{id}</span>
        <span>{file}</span>
        <span>{bytesOf(bytes)}</span>
        <span>{ago(created)}</span>
      </span>
      <span class="composer-line">
        {look !== null && (
          <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? 'Close' : 'Look'}
          </button>
        )}
        <a href={pathOf(id)} download={file}>
          Download
        </a>
        {isOpen && older.length > 0 && (
          <label>
            Beside{' '}
            <select value={besideId} onChange={(event) => setBeside(event.currentTarget.value)}>
              <option value="">nothing</option>
              {older.map((each) => (
                <option key={each.id} value={each.id}>
                  version {each.version}
                </option>
              ))}
            </select>
          </label>
        )}
      </span>
      {isOpen && (
        <div class={`sides ${beside === undefined ? '' : 'two'}`}>
          {beside !== undefined && (
            <section aria-label={`Version ${beside.version}`}>
              <h3>version {beside.version}</h3>
              <ArtifactBody row={beside} path={pathOf(beside.id)} />
            </section>
          )}
          <section aria-label={`Version ${version}`}>
            {beside !== undefined && <h3>version {version}</h3>}
            <ArtifactBody row={row} path={pathOf(id)} />
          </section>
        </div>
      )}
      {isOpen && beside !== undefined && <Since id={id} other={beside} />}
      {isOpen && <CommandLine>{`cowork artifacts open ${id} -t ${shown.value?.status.team}`}</CommandLine>}
    </>
  );
}

/** What is different since an older version. */
function Since({ id, other }: { id: string; other: ArtifactRow }) {
  const team = encodeURIComponent(shown.value?.status.team ?? '');
  const asked = useAsked<{ lines: string[] | null }>(`/teams/${team}/artifacts/${id}/since/${other.id}`);
  if (asked.value === undefined) return <Waiting asked={asked} />;
  if (asked.value.lines === null) return <p class="muted">These can't be compared line by line.</p>;
  return (
    <details open>
      <summary>What is different since version {other.version}</summary>
      <DiffLines lines={asked.value.lines} />
    </details>
  );
}
