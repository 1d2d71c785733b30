import { useEffect, useState } from 'preact/hooks';
import type { FolderPage } from '../shapes.ts';
import { useAsked, Waiting } from './asked.tsx';

/** How long somebody has to type nothing before what is typed is looked at, in milliseconds. */
const TYPED_MS = 250;

/** Chooses a folder of the machine on which the teams are; undefined when nothing was chosen. */
export function FolderPicker({ onPick }: { onPick: (path: string | undefined) => void }) {
  const [path, setPath] = useState<string | undefined>(undefined);
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const asked = useAsked<FolderPage>(
    `/folders${path === undefined ? '' : `?path=${encodeURIComponent(path)}`}`,
  );
  const page = asked.value;
  const look = (at: string | undefined): void => {
    setPath(at);
    setTyped(undefined);
  };
  // What is typed is looked at, so that the list is of it and what is taken is there.
  useEffect(() => {
    if (typed === undefined || typed === '') return;
    const timer = setTimeout(() => setPath(typed), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const isLooked = typed === undefined || typed === path;
  return (
    <fieldset class="form">
      <legend>Choose a folder</legend>
      <div class="launch-row">
        <input
          class="grow"
          aria-label="Path of the folder"
          value={typed ?? page?.path ?? ''}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            if (typed) look(typed);
          }}
        />
        <button
          type="button"
          class="primary"
          disabled={page === undefined || !isLooked}
          onClick={() => onPick(page?.path)}
        >
          Take this folder
        </button>
        <button type="button" onClick={() => onPick(undefined)}>
          Cancel
        </button>
      </div>
      <Waiting asked={asked} />
      {page !== undefined && (
        <ul class="folders" aria-label="Folders here">
          {page.above !== null && (
            <li>
              <button type="button" onClick={() => look(page.above ?? undefined)}>
                ↑ above
              </button>
            </li>
          )}
          {page.folders.map((folder) => (
            <li key={folder.path}>
              <button type="button" onClick={() => look(folder.path)}>
                {folder.name}/
              </button>
            </li>
          ))}
          <li class="muted hint">
            {page.folders.length} {page.folders.length === 1 ? 'folder' : 'folders'}, {page.files}{' '}
            {page.files === 1 ? 'file' : 'files'}
          </li>
        </ul>
      )}
    </fieldset>
  );
}
