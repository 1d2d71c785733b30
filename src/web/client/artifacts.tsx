import { useState } from 'preact/hooks';
import { CommandLine, Empty, Who } from './parts.tsx';
import { shown } from './state.ts';
import { ago, bytesOf } from './words.ts';

/** What the agents have presented, the newest first: to look at, and to keep. */
export function ArtifactsView() {
  const [open, setOpen] = useState<string | undefined>(undefined);
  const team = shown.value;
  if (team === undefined) return null;
  const { artifacts, status } = team;
  const pathOf = (id: string): string => `/api/teams/${encodeURIComponent(status.team)}/artifacts/${id}`;
  return (
    <section aria-label="Artifacts" class="narrow">
      {artifacts.length === 0 && (
        <Empty title="Nothing was presented yet">
          Agents present what you should see: reports, tables, pages. A copy is kept here with the team, each
          version of it.
        </Empty>
      )}
      <ul class="rows">
        {artifacts.toReversed().map(({ id, title, kind, maker, version, bytes, created, file, isShown }) => (
          <li key={id} class="row">
            <span class="row-head">
              <strong>{title}</strong>
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
              {isShown && (
                <button
                  type="button"
                  aria-expanded={open === id}
                  onClick={() => setOpen(open === id ? undefined : id)}
                >
                  {open === id ? 'Close' : 'Look'}
                </button>
              )}
              <a href={pathOf(id)} download={file}>
                Download
              </a>
            </span>
            {open === id && <iframe class="frame" sandbox="" src={`${pathOf(id)}?show`} title={title} />}
          </li>
        ))}
      </ul>
      <CommandLine>{`cowork artifacts -t ${status.team}`}</CommandLine>
    </section>
  );
}
