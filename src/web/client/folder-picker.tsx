import { useState } from 'preact/hooks';
import type { FolderPage } from '../shapes.ts';
import { useAsked, Waiting } from './asked.tsx';

/** Chooses a folder of the machine on which the teams are; undefined when nothing was chosen. */
export function FolderPicker({ onPick }: { onPick: (path: string | undefined) => void }) {
  const [path, setPath] = useState<string | undefined>(undefined);
  const [typed, setTyped] = useState('');
  const asked = useAsked<FolderPage>(
    `/folders${path === undefined ? '' : `?path=${encodeURIComponent(path)}`}`,
  );
  const page = asked.value;
  return (
    <fieldset class="form">
      <legend>Choose a folder</legend>
      <div class="launch-row">
        <input
          class="grow"
          aria-label="Path of the folder"
          value={typed || page?.path || ''}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            setPath(typed);
            setTyped('');
          }}
        />
        <button
          type="button"
          class="primary"
          disabled={typed === '' && page === undefined}
          onClick={() => onPick(typed || page?.path)}
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
              <button type="button" onClick={() => setPath(page.above ?? undefined)}>
                ↑ above
              </button>
            </li>
          )}
          {page.folders.map((folder) => (
            <li key={folder.path}>
              <button
                type="button"
                onClick={() => {
                  setPath(folder.path);
                  setTyped('');
                }}
              >
                {folder.name}/
              </button>
            </li>
          ))}
          <li class="muted hint">
            {page.folders.length} folders, {page.files} files
          </li>
        </ul>
      )}
    </fieldset>
  );
}
