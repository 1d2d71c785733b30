import { useEffect, useState } from 'preact/hooks';
import type { ArtifactRow } from '../../shapes.ts';
import { DiffLines } from '../diff-lines.tsx';
import { Markdown } from './markdown.tsx';
import { Notebook } from './notebook.tsx';
import { OutlineView } from './outline.tsx';
import { TableView } from './table.tsx';
import { WorkbookView } from './workbook.tsx';

/** Characters of a text that are shown; the download has all. */
const TEXT_MAX = 2 * 1024 * 1024;

/** An artifact as what it is. */
export function ArtifactBody({ row: { title, look }, path }: { row: ArtifactRow; path: string }) {
  if (look === 'picture') return <img class="shown-picture" src={`${path}?show`} alt={title} />;
  if (look === 'page') return <iframe class="shown-page" src={`${path}?show`} title={title} sandbox="" />;
  // The browser's own viewer, which does not start in a sandboxed frame.
  if (look === 'pdf') return <iframe class="shown-page" src={`${path}?show`} title={title} />;
  if (look === 'workbook') return <WorkbookView path={path} />;
  if (look === 'document' || look === 'deck') return <OutlineView path={path} />;
  return <TextBody look={look} path={path} />;
}

function TextBody({ look, path }: { look: ArtifactRow['look']; path: string }) {
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
  const part = text.slice(0, TEXT_MAX);
  return (
    <>
      {look === 'markdown' && <Markdown text={part} />}
      {look === 'table' && <TableView text={part} />}
      {look === 'notebook' && <Notebook text={text} />}
      {look === 'diff' && <DiffLines lines={part.split('\n')} />}
      {look === 'text' && <pre class="sheet">{part}</pre>}
      {text.length > TEXT_MAX && <p class="muted">Only its beginning; the download has all.</p>}
    </>
  );
}
