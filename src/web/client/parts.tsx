import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { shown } from './state.ts';
import { hueOf, stateText } from './words.ts';

/** A state as a dot and a word: never by colour alone. */
export function State({ state }: { state: string }) {
  return (
    <span class={`state state-${state}`}>
      <span class="dot" aria-hidden="true" />
      {stateText(state)}
    </span>
  );
}

const colorOf = (name: string) => shown.value?.status.agents.find((agent) => agent.name === name)?.color;

/** An agent's name with a mark of its own colour. */
export function Who({ name, small }: { name: string; small?: boolean }) {
  const isPlain = name === 'user' || name === 'team';
  return (
    <span class={`who${small ? ' small' : ''}`}>
      <span
        class={`mark${isPlain ? ' plain' : ''}`}
        style={isPlain ? {} : { '--hue': String(hueOf(name, colorOf(name))) }}
        aria-hidden="true"
      >
        {name.slice(0, 1).toUpperCase()}
      </span>
      <span class="name">{name === 'user' ? 'you' : name}</span>
    </span>
  );
}

/** A word as a shell reads it. */
export const quote = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** What to type in a terminal for the same. */
export function CommandLine({ children }: { children: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(children);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <p class="command">
      <span class="visually-hidden">The same on the command line: </span>
      <code>{children}</code>
      <button type="button" class="quiet" onClick={() => void copy()} aria-label={`Copy: ${children}`}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </p>
  );
}

/** A place with nothing in it says what comes there and how. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}
