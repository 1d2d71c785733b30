import { useEffect, useRef, useState } from 'preact/hooks';
import type { Task, TaskWithHistory } from '../../protocol/task.ts';
import { get } from './api.ts';
import { DropBar, startDrag } from './drag.tsx';
import { Graph } from './graph/view.tsx';
import { InPlace } from './in-place.tsx';
import { CommandLine, Empty, State, Who } from './parts.tsx';
import { linkTo, openTask, place, readOnly, shown } from './state.ts';
import { TaskActs } from './task-acts.tsx';
import { TaskForm } from './task-form.tsx';
import { dayOf, timeOf } from './words.ts';

const COLUMNS = [
  { title: 'Open', states: ['pending'] },
  { title: 'Blocked', states: ['blocked'] },
  { title: 'In progress', states: ['in_progress'] },
  { title: 'Review', states: ['review'] },
  { title: 'Done', states: ['completed'] },
  { title: 'Failed, cancelled', states: ['failed', 'cancelled'] },
];
/** Cards of a column that are drawn at first. */
const CARDS = 100;

/** The task list by state. */
export function BoardView() {
  const [isAdding, setAdding] = useState(false);
  const team = shown.value;
  if (team === undefined) return null;
  const { tasks, status } = team;
  const isGraph = place.value.more === 'graph';
  const isOver = (id: string): boolean => tasks.find((task) => task.id === id)?.state === 'completed';
  return (
    <section aria-label="Board">
      {tasks.length === 0 && (
        <Empty title="No tasks yet">
          The lead plans the job into tasks; they come here as it writes them. You can add one yourself, here
          or in a terminal: <code>cowork tasks add "SUBJECT" -t {status.team}</code>
        </Empty>
      )}
      {tasks.length > 0 && (
        <nav class="chips forms" aria-label="Forms of the board">
          <a href={linkTo(status.team)} aria-current={isGraph ? undefined : 'page'}>
            By state
          </a>
          <a href={linkTo(status.team, 'board', 'graph')} aria-current={isGraph ? 'page' : undefined}>
            By what waits for what
          </a>
        </nav>
      )}
      {tasks.length > 0 && isGraph && <Graph tasks={tasks} />}
      {tasks.length > 0 && !isGraph && (
        <div class="board">
          {COLUMNS.map(({ title, states }) => {
            const here = tasks.filter(({ state }) => states.includes(state));
            return <Column key={title} title={title} tasks={here} isOver={isOver} />;
          })}
        </div>
      )}
      <DropBar />
      {!readOnly.value && (
        <InPlace of={isAdding} class="below">
          {isAdding ? (
            <TaskForm onDone={() => setAdding(false)} />
          ) : (
            <button type="button" onClick={() => setAdding(true)}>
              Add a task
            </button>
          )}
        </InPlace>
      )}
      <CommandLine>{`cowork tasks -t ${status.team}`}</CommandLine>
    </section>
  );
}

function Column({ title, tasks, isOver }: { title: string; tasks: Task[]; isOver: (id: string) => boolean }) {
  const [limit, setLimit] = useState(CARDS);
  return (
    <section
      class={`column ${tasks.length === 0 ? 'bare' : ''}`}
      aria-label={`${title}, ${tasks.length} tasks`}
    >
      <h2>
        {title} <span class="count">{tasks.length}</span>
      </h2>
      <ul>
        {tasks.slice(0, limit).map((task) => (
          <li key={task.id}>
            <Card task={task} isOver={isOver} />
          </li>
        ))}
      </ul>
      {tasks.length > limit && (
        <button type="button" onClick={() => setLimit(limit + CARDS)}>
          {tasks.length - limit} more
        </button>
      )}
    </section>
  );
}

function Card({ task, isOver }: { task: Task; isOver: (id: string) => boolean }) {
  const { id, subject, state, owner, dependsOn, reason } = task;
  return (
    <button
      type="button"
      class={`card card-${state}`}
      data-drop={`task:${id}`}
      onPointerDown={(event) => startDrag(event, id)}
      onClick={() => {
        openTask.value = id;
      }}
    >
      <span class="card-head">
        <span class="id">{id}</span>
        {owner !== null && <Who name={owner} small />}
      </span>
      <span class="subject">{subject}</span>
      {dependsOn.length > 0 && (
        <span class="after">
          after{' '}
          {dependsOn.map((before) => (
            <span key={before} class={`chip ${isOver(before) ? 'over' : ''}`}>
              {before}
              {isOver(before) ? ' ✓' : ''}
            </span>
          ))}
        </span>
      )}
      {reason !== null && state !== 'blocked' && <span class="reason">{reason}</span>}
    </button>
  );
}

/** One task with all that is known of it, beside the board. */
export function TaskPanel() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [whole, setWhole] = useState<TaskWithHistory | undefined>(undefined);
  const id = openTask.value;
  const team = shown.value?.status.team;
  const task = shown.value?.tasks.find((each) => each.id === id);
  const updated = task?.updated;
  useEffect(() => {
    if (id === undefined || team === undefined) {
      dialog.current?.close();
      return;
    }
    if (dialog.current?.open === false) dialog.current.showModal();
    let isWanted = true;
    get<TaskWithHistory>(`/teams/${encodeURIComponent(team)}/tasks/${encodeURIComponent(id)}`).then(
      (found) => {
        if (isWanted) setWhole(found);
      },
      () => undefined, // what the board knows of it is shown all the same
    );
    return () => {
      isWanted = false;
    };
  }, [id, team, updated]);
  return (
    <dialog
      ref={dialog}
      class="panel"
      closedby="any"
      aria-label={`Task ${id ?? ''}`}
      onClose={() => {
        openTask.value = undefined;
      }}
    >
      {task !== undefined && team !== undefined && (
        <div class="panel-body">
          <div class="card-head">
            <span class="id">{task.id}</span>
            <State state={task.state} />
            {task.owner !== null && <Who name={task.owner} small />}
            <form method="dialog" class="end">
              <button type="submit" class="quiet" aria-label="Close">
                ✕
              </button>
            </form>
          </div>
          <h2>{task.subject}</h2>
          {task.description !== '' && <p class="text">{task.description}</p>}
          {task.dependsOn.length > 0 && <p class="muted">After {task.dependsOn.join(', ')}</p>}
          {task.needs.length > 0 && <p class="muted">Needs {task.needs.join(' and ')}</p>}
          {task.reason !== null && <p class="muted">{task.reason}</p>}
          {task.result !== null && (
            <>
              <h3>Result</h3>
              <p class="text">{task.result}</p>
            </>
          )}
          {task.evidence !== null && (
            <>
              <h3>Evidence</h3>
              <p class="text">
                {typeof task.evidence === 'string' ? task.evidence : JSON.stringify(task.evidence, null, 2)}
              </p>
            </>
          )}
          <TaskActs key={task.id} task={task} />
          <h3>What happened</h3>
          <ol class="history">
            {(whole?.id === task.id ? whole.history : []).map(({ at, by, event, detail }, index) => (
              <li key={String(index)}>
                <time dateTime={at} title={`${dayOf(at)} ${at}`}>
                  {timeOf(at)}
                </time>{' '}
                {by} {event} <span class="muted">{detail}</span>
              </li>
            ))}
          </ol>
          <CommandLine>{`cowork tasks show ${task.id} -t ${team}`}</CommandLine>
        </div>
      )}
    </dialog>
  );
}
