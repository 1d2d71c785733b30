import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Refused, useAct } from './act.tsx';
import { useAsked, Waiting } from './asked.tsx';
import { CommandLine } from './parts.tsx';
import { readOnly } from './state.ts';

/**
 * A row that asks the server for what is in it when it is opened, and from which the thing that it stands for can be removed:
 * by a second press, in words that say so.
 */
export function OpeningRow<T>(asked: {
  head: ComponentChildren;
  /** What is asked for when it is opened. */
  path: string;
  body: (value: T) => ComponentChildren;
  remove: { label: string; sure: string; path: string; name: string; onGone: () => void };
  /** The command that does the same as what is shown, or would be done by the next press. */
  command: (isSure: boolean) => string;
}) {
  const { head, path, body, remove, command } = asked;
  const [isOpen, setOpen] = useState(false);
  const [isSure, setSure] = useState(false);
  const act = useAct();
  const inside = useAsked<T>(isOpen ? path : undefined);
  const removeIt = async (): Promise<void> => {
    if (await act.runHere(remove.path, { name: remove.name })) remove.onGone();
  };
  return (
    <details class="row" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{head}</summary>
      {isOpen && <Waiting asked={inside} />}
      {inside.value !== undefined && body(inside.value)}
      {!readOnly.value && (
        <div class="composer-line">
          <button
            type="button"
            class="danger"
            disabled={act.isBusy}
            onClick={() => (isSure ? void removeIt() : setSure(true))}
          >
            {isSure ? remove.sure : remove.label}
          </button>
        </div>
      )}
      <Refused act={act} />
      <CommandLine>{command(isSure)}</CommandLine>
    </details>
  );
}
