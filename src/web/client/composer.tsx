import { useState } from 'preact/hooks';
import { Refused, useAct } from './act.tsx';
import { CommandLine, quote } from './parts.tsx';
import { readOnly, shown } from './state.ts';

const ALL = '*';
const PRIORITIES = [
  { id: 'steer', label: 'between two tool calls' },
  { id: 'note', label: 'at the end of the turn' },
  { id: 'interrupt', label: 'now: interrupt' },
];

/** Writes to one agent or to all. What is typed stays until it was sent. */
export function Composer() {
  const [to, setTo] = useState('lead');
  const [text, setText] = useState('');
  const [priority, setPriority] = useState('steer');
  const act = useAct();
  const status = shown.value?.status;
  if (status === undefined || readOnly.value) return null;
  const names = status.agents.map(({ name }) => name);
  const send = async (): Promise<void> => {
    if (text.trim() === '' || act.isBusy) return;
    const isSent =
      to === ALL
        ? await act.run('/broadcast', { text, priority })
        : await act.run('/messages', { to, text, priority });
    if (isSent) setText('');
  };
  const flag = priority === 'steer' ? '' : ` --priority ${priority}`;
  const command = to === ALL ? 'cowork broadcast' : `cowork send ${to}`;
  return (
    <form
      class="composer"
      aria-label="Write a message"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        data-compose
        rows={text.split('\n').length > 1 || text.length > 90 ? 4 : 2}
        aria-label="Message"
        placeholder="Write to the team. Ctrl+Enter sends."
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
        }}
      />
      <div class="composer-line">
        <label>
          To{' '}
          <select value={to} onChange={(event) => setTo(event.currentTarget.value)}>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            <option value={ALL}>all agents</option>
          </select>
        </label>
        <label>
          Read{' '}
          <select value={priority} onChange={(event) => setPriority(event.currentTarget.value)}>
            {PRIORITIES.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={act.isBusy || text.trim() === ''}>
          Send
        </button>
      </div>
      <Refused act={act} />
      {text !== '' && <CommandLine>{`${command} ${quote(text)}${flag} -t ${status.team}`}</CommandLine>}
    </form>
  );
}
