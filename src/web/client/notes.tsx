import type { Alert } from '../../protocol/team.ts';
import { linkTo, place, type Shown } from './state.ts';

/** Alerts that are shown before the others are folded away. */
const OPEN = 2;

/** What a person should know of the team: who waits for them in one line, then what went wrong. */
export function Notes({ status }: { status: Shown['status'] }) {
  const asking = status.alerts.filter(({ kind }) => kind === 'approval');
  const others = status.alerts.filter(({ kind }) => kind !== 'approval');
  const names = [...new Set(asking.map(({ agent }) => agent ?? 'the team'))];
  return (
    <>
      {names.length > 0 && place.value.view !== 'requests' && (
        <p class="trouble soft asking" role="status">
          <span>
            <strong>{listed(names)}</strong> {names.length === 1 ? 'waits' : 'wait'} for your answer.
          </span>
          <a class="chip-link" href={linkTo(status.team, 'requests')}>
            Answer
          </a>
        </p>
      )}
      {others.length > 0 && (
        <div class="trouble soft notes" role="status">
          {others.slice(0, OPEN).map(note)}
          {others.length > OPEN && (
            <details>
              <summary>{others.length - OPEN} more</summary>
              {others.slice(OPEN).map(note)}
            </details>
          )}
        </div>
      )}
    </>
  );
}

const note = ({ id, agent, kind, text }: Alert) => (
  <p key={id}>
    <strong>
      {agent ?? 'team'}, {kind}:
    </strong>{' '}
    {text}
  </p>
);

/** Some names and how many others: `eve, finn and 3 others`. */
function listed(names: string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} others`] : names;
  return shown.length === 1 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
