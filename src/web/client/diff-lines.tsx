import { useState } from 'preact/hooks';

/** Lines that are drawn at first. */
const LINES = 400;

/** Lines of a unified diff: never by colour alone, the sign stays in front. */
export function DiffLines({ lines }: { lines: readonly string[] }) {
  const [limit, setLimit] = useState(LINES);
  return (
    <div class="diff">
      <pre>
        {lines.slice(0, limit).map((line, index) => (
          <span key={String(index)} class={classOf(line)}>
            {line === '' ? ' ' : line}
            {'\n'}
          </span>
        ))}
      </pre>
      {lines.length > limit && (
        <button type="button" onClick={() => setLimit(limit * 4)}>
          {lines.length - limit} more lines
        </button>
      )}
    </div>
  );
}

function classOf(line: string): string {
  if (line.startsWith('@@') || /^(?:diff |index |--- |\+\+\+ )/.test(line)) return 'diff-head';
  return line.startsWith('+') ? 'diff-new' : line.startsWith('-') ? 'diff-old' : '';
}
