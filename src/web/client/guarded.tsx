import type { ComponentChildren } from 'preact';
import { useErrorBoundary } from 'preact/hooks';

/** Shows what is in it; where that fails, says so instead of leaving an empty page. Another view is not held up by it. */
export function Guarded({ children }: { children: ComponentChildren }) {
  const [error] = useErrorBoundary();
  if (error === undefined) return children;
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>This view could not be drawn: {String(error)}.</strong> Nothing was changed, and teams go on.
        Load the page again; where that does not help, the commands in a terminal show the same.
      </p>
      <button type="button" onClick={() => location.reload()}>
        Load again
      </button>
    </div>
  );
}
