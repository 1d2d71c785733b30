import type { LaunchRow } from '../shapes.ts';
import { Refused, useAct } from './act.tsx';
import { linkTo, now, readOnly } from './state.ts';
import { duration } from './words.ts';

/** A launch that this page or another one has asked for: how far it is, or why it came to nothing. */
export function Launching({ row, isThere }: { row: LaunchRow; isThere: boolean }) {
  const act = useAct();
  const { team, began, steps, error } = row;
  // Once its agents are started the team tells of itself.
  if (error === null && isThere && steps.length === 0) return null;
  const post = (): void => void act.runHere('/launch/stop', { team });
  return (
    <section class={`trouble ${error === null ? 'soft' : ''}`} aria-label={`Launch of ${team}`}>
      <p role={error === null ? 'status' : 'alert'}>
        <strong>{team}</strong>{' '}
        {error === null
          ? `is being launched, for ${duration(now.value - Date.parse(began))}`
          : 'could not be launched.'}
      </p>
      <Steps steps={steps} />
      {error !== null && (
        <p>
          <strong>{error.message}</strong> {error.hint}
        </p>
      )}
      <Refused act={act} />
      <div class="composer-line">
        {isThere && error === null && <a href={linkTo(team, 'agents')}>Look at it</a>}
        {!readOnly.value && (
          <button type="button" class={error === null ? 'danger' : ''} disabled={act.isBusy} onClick={post}>
            {error === null ? 'Stop' : 'I have seen it'}
          </button>
        )}
      </div>
    </section>
  );
}

/** What was said on the way: the last line is what is done now. */
export function Steps({ steps }: { steps: readonly string[] }) {
  if (steps.length === 0) return null;
  return (
    <ol class="steps">
      {steps.map((step, index) => (
        <li key={`${index} ${step}`} aria-current={index === steps.length - 1 ? 'step' : undefined}>
          {step}
        </li>
      ))}
    </ol>
  );
}
