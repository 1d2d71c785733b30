import { useEffect, useState } from 'preact/hooks';
import type { ArtifactRow } from '../../shapes.ts';
import { TEXT_SHOWN_MAX, WHOLE_SHOWN_MAX } from '../../shown-limits.ts';
import { DiffLines } from '../diff-lines.tsx';
import { Markdown } from './markdown.tsx';
import { Notebook } from './notebook.tsx';
import { OutlineView } from './outline.tsx';
import { TableView } from './table.tsx';
import { WorkbookView } from './workbook.tsx';

/** An artifact as what it is. */
export function ArtifactBody({ row, path }: { row: ArtifactRow; path: string }) {
  const { title, look, bytes } = row;
  if ((look === 'page' || look === 'notebook') && bytes > WHOLE_SHOWN_MAX)
    return <p class="muted">It is too large to be shown here; the download has all.</p>;
  if (look === 'picture') return <img class="shown-picture" src={`${path}?show`} alt={title} />;
  if (look === 'page') return <iframe class="shown-page" src={`${path}?show`} title={title} sandbox="" />;
  // The browser's own viewer, which does not start in a sandboxed frame.
  if (look === 'pdf') return <iframe class="shown-page" src={`${path}?show`} title={title} />;
  if (look === 'workbook') return <WorkbookView path={path} />;
  if (look === 'document' || look === 'deck') return <OutlineView path={path} />;
  return <TextBody row={row} path={path} />;
}

function TextBody({ row: { look, bytes }, path }: { row: ArtifactRow; path: string }) {
  const [text, setText] = useState<string | undefined>(undefined);
  const [failed, setFailed] = useState('');
  useEffect(() => {
    const ending = new AbortController();
    fetch(`${path}?show`, { signal: ending.signal })
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(`status ${answer.status}`))))
      .then(setText, (error: unknown) => {
        if (!ending.signal.aborted) setFailed(String(error));
      });
    return () => ending.abort();
  }, [path]);
  if (failed !== '') return <p class="refused">It can't be read: {failed}</p>;
  if (text === undefined) return <p class="loading">Loading…</p>;
  return (
    <>
      {look === 'markdown' && <Markdown text={text} />}
      {look === 'table' && <TableView text={text} />}
      {look === 'notebook' && <Notebook text={text} />}
      {look === 'diff' && <DiffLines lines={text.split('\n')} />}
      {look === 'text' && <pre class="sheet">{text}</pre>}
      {look !== 'notebook' && bytes > TEXT_SHOWN_MAX && (
        <p class="muted">Only its beginning; the download has all.</p>
      )}
    </>
  );
}
