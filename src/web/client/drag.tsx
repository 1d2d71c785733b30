import { signal } from '@preact/signals';
import type { Task } from '../../protocol/task.ts';
import { type Act, Refused, useAct } from './act.tsx';
import { CommandLine, Who } from './parts.tsx';
import { readOnly, shown } from './state.ts';

/** Pixels that the pointer has to go before it is no click any more. */
const SLACK = 6;
const OVER = ['completed', 'cancelled'];

/** Which task is being dragged, over what it is, and what it was dropped on: asked about before anything is done. */
const drag = signal<{ id: string; over: string | undefined } | undefined>(undefined);
const dropped = signal<{ id: string; on: string } | undefined>(undefined);

/** Begins to drag a task by mouse or pen; a finger scrolls. By keys the same is done in the panel of the task. */
export function startDrag(event: PointerEvent, id: string): void {
  const task = shown.value?.tasks.find((each) => each.id === id);
  if (event.button !== 0 || event.pointerType === 'touch' || readOnly.value) return;
  if (task === undefined || OVER.includes(task.state)) return;
  const [x, y] = [event.clientX, event.clientY];
  const ending = new AbortController();
  const { signal: until } = ending;
  const end = (): void => {
    ending.abort();
    drag.value = undefined;
  };
  const move = ({ clientX, clientY }: PointerEvent): void => {
    if (drag.value === undefined && Math.hypot(clientX - x, clientY - y) < SLACK) return;
    drag.value = { id, over: targetAt(clientX, clientY, id) };
  };
  const drop = (): void => {
    const { over } = drag.value ?? {};
    if (drag.value !== undefined) swallowClick();
    if (over !== undefined) dropped.value = { id, on: over };
    end();
  };
  window.addEventListener('pointermove', move, { signal: until });
  window.addEventListener('pointerup', drop, { signal: until });
  window.addEventListener('pointercancel', end, { signal: until });
  window.addEventListener('keydown', ({ key }) => key === 'Escape' && end(), { signal: until });
}

/** What was let go of is no click. */
function swallowClick(): void {
  const stop = (event: Event): void => event.stopPropagation();
  window.addEventListener('click', stop, { capture: true, once: true });
  setTimeout(() => window.removeEventListener('click', stop, { capture: true }));
}

function targetAt(x: number, y: number, id: string): string | undefined {
  const found = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-drop]')?.dataset.drop;
  return found === `task:${id}` ? undefined : found;
}

/** While a task is dragged: to whom it can be given. When it was dropped: what that would do. */
export function DropBar() {
  const act = useAct();
  const at = drag.value;
  if (at !== undefined) {
    const agents = shown.value?.status.agents ?? [];
    return (
      <div class="drop-bar">
        <span>
          <strong>{at.id}</strong> to
        </span>
        {agents.map(({ name }) => (
          <span key={name} class="drop" data-drop={`agent:${name}`} data-over={at.over === `agent:${name}`}>
            <Who name={name} small />
          </span>
        ))}
        <span class="drop" data-drop="agent:" data-over={at.over === 'agent:'}>
          anybody
        </span>
        <span class="muted">
          {at.over?.startsWith('task:')
            ? `after ${at.over.slice(5)}`
            : 'or onto another task: then it comes after that one'}
        </span>
      </div>
    );
  }
  return dropped.value === undefined ? null : <Asked {...dropped.value} act={act} />;
}

function Asked({ id, on, act }: { id: string; on: string; act: Act }) {
  const task = shown.value?.tasks.find((each) => each.id === id);
  if (task === undefined) return null;
  const { says, path, body, command } = meaning(task, on);
  const close = (): void => {
    dropped.value = undefined;
    act.forget();
  };
  return (
    <div class="drop-bar" role="alertdialog" aria-label="What was dropped">
      <span>{says}</span>
      <button
        type="button"
        class="primary"
        ref={(element) => element?.focus()}
        disabled={act.isBusy}
        onClick={() => void act.run(path, body).then((isDone) => isDone && close())}
      >
        Do it
      </button>
      <button type="button" onClick={close}>
        Back
      </button>
      <Refused act={act} />
      <CommandLine>{`${command} -t ${shown.value?.status.team}`}</CommandLine>
    </div>
  );
}

function meaning({ id, state, subject, dependsOn }: Task, on: string) {
  const [kind, to = ''] = on.split(':');
  const what = `${id} (${subject.slice(0, 60)})`;
  if (kind === 'task') {
    const all = [...new Set([...dependsOn, to])];
    const flags = all.map((each) => `--depends-on ${each}`).join(' ');
    return {
      ...{ says: `${what} comes after ${to}?`, path: `/tasks/${id}/edit`, body: { dependsOn: all } },
      command: `cowork tasks edit ${id} ${flags}`,
    };
  }
  const isHeld = ['in_progress', 'review', 'failed'].includes(state);
  const owner = to === '' ? '' : ` --owner ${to}`;
  const whom = to === '' ? 'whoever takes it' : to;
  return {
    says: isHeld ? `${what} is taken back, and kept for ${whom}?` : `${what} is kept for ${whom}?`,
    path: `/tasks/${id}/${isHeld ? 'release' : 'edit'}`,
    body: { owner: to === '' ? null : to },
    command: isHeld
      ? `cowork tasks release ${id}${owner}`
      : `cowork tasks edit ${id}${owner || " --owner ''"}`,
  };
}
