import { useMemo, useRef } from 'preact/hooks';
import type { Task } from '../../../protocol/task.ts';
import { startDrag } from '../drag.tsx';
import { State, Who } from '../parts.tsx';
import { openTask } from '../state.ts';
import { type Layout, layOut } from './layout.ts';

/** Sizes in pixels, of the boxes and of what is between them. */
const BOX = { width: 208, height: 74 };
const GAP = { x: 56, y: 14 };
/** Most tasks that are drawn; of more those that are not over, and the newest. */
const MOST = 400;

/** The tasks by what waits for what, from left to right. Arrow keys go along the lines. */
export function Graph({ tasks }: { tasks: readonly Task[] }) {
  const drawn = useMemo(() => pick(tasks), [tasks]);
  const shape = drawn.map(({ id, dependsOn }) => `${id}<${dependsOn.join()}`).join(' ');
  const layout = useMemo(() => layOut(drawn), [shape]);
  const frame = useRef<HTMLDivElement>(null);
  const byId = new Map(drawn.map((task) => [task.id, task]));
  const rows = Math.max(1, ...layout.columns.map((ids) => ids.length));
  const size = {
    width: layout.columns.length * (BOX.width + GAP.x) - GAP.x,
    height: rows * (BOX.height + GAP.y) - GAP.y,
  };
  const go = (event: KeyboardEvent, id: string): void => {
    const to = neighbour(layout, id, event.key);
    if (to === undefined) return;
    event.preventDefault();
    frame.current?.querySelector<HTMLElement>(`[data-task="${to}"]`)?.focus();
  };
  return (
    <>
      {drawn.length < tasks.length && (
        <p class="muted">{`${drawn.length} of ${tasks.length} tasks: those that are not over, and the newest.`}</p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="graph" ref={frame} aria-label="Tasks by what waits for what" tabIndex={0}>
        <div class="graph-inner" style={{ width: `${size.width}px`, height: `${size.height}px` }}>
          <svg width={size.width} height={size.height} aria-hidden="true">
            <title>Lines from what comes first to what waits for it</title>
            {layout.edges.map(({ from, to }) => (
              <path
                key={`${from} ${to}`}
                class={byId.get(from)?.state === 'completed' ? 'edge over' : 'edge'}
                d={lineOf(layout, from, to)}
              />
            ))}
          </svg>
          <ol>
            {layout.columns.flatMap((ids, column) =>
              ids.map((id, row) => {
                const task = byId.get(id);
                return (
                  task !== undefined && (
                    <li
                      key={id}
                      style={{
                        left: `${column * (BOX.width + GAP.x)}px`,
                        top: `${row * (BOX.height + GAP.y)}px`,
                      }}
                    >
                      <button
                        type="button"
                        class={`node card-${task.state}`}
                        data-task={id}
                        data-drop={`task:${id}`}
                        onClick={() => {
                          openTask.value = id;
                        }}
                        onPointerDown={(event) => startDrag(event, id)}
                        onKeyDown={(event) => go(event, id)}
                      >
                        <span class="card-head">
                          <span class="id">{id}</span>
                          <State state={task.state} />
                          {task.owner !== null && <Who name={task.owner} small />}
                        </span>
                        <span class="subject">{task.subject}</span>
                        <span class="visually-hidden">{tell(id, layout)}</span>
                      </button>
                    </li>
                  )
                );
              }),
            )}
          </ol>
        </div>
      </section>
    </>
  );
}

function pick(tasks: readonly Task[]): readonly Task[] {
  if (tasks.length <= MOST) return tasks;
  const open = tasks.filter(({ state }) => !['completed', 'cancelled'].includes(state)).slice(-MOST);
  const kept = new Set([...open, ...tasks.slice(open.length - MOST || tasks.length)]);
  return tasks.filter((task) => kept.has(task));
}

/** What the lines say, in words. */
function tell(id: string, { edges }: Layout): string {
  const before = edges.filter(({ to }) => to === id).map(({ from }) => from);
  const after = edges.filter(({ from }) => from === id).map(({ to }) => to);
  return [
    before.length === 0 ? '' : `after ${before.join(' and ')}`,
    after.length === 0 ? '' : `before ${after.join(' and ')}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** Where an arrow key leads: along a line, or up and down its column. */
function neighbour({ columns, places, edges }: Layout, id: string, key: string): string | undefined {
  const { column = 0, row = 0 } = places.get(id) ?? {};
  if (key === 'ArrowRight') return edges.find(({ from }) => from === id)?.to;
  if (key === 'ArrowLeft') return edges.find(({ to }) => to === id)?.from;
  if (key === 'ArrowDown') return columns[column]?.[row + 1];
  return key === 'ArrowUp' ? columns[column]?.[row - 1] : undefined;
}

function lineOf({ places }: Layout, from: string, to: string): string {
  const middle = (row: number): number => row * (BOX.height + GAP.y) + BOX.height / 2;
  const [a, b] = [places.get(from), places.get(to)];
  if (a === undefined || b === undefined) return '';
  const [x1, y1] = [a.column * (BOX.width + GAP.x) + BOX.width, middle(a.row)];
  const [x2, y2] = [b.column * (BOX.width + GAP.x) - 3, middle(b.row)];
  const bend = Math.min(GAP.x, (x2 - x1) / 2 + 10);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}m-5 -4l5 4l-5 4`;
}
