import { useAsked, Waiting } from './asked.tsx';
import { OpeningRow } from './opening-row.tsx';
import { CommandLine, Empty, quote, State } from './parts.tsx';
import { linkTo } from './state.ts';
import { ago } from './words.ts';

/** As `cowork schedule list --json` and `runs --json` print them. */
interface Schedule {
  name: string;
  when: string;
  job: string;
  nextText: string;
  minded: boolean;
}

interface Run {
  due: string;
  team: string | null;
  state: string;
  reason: string | null;
}

/** Jobs that come again. */
export function SchedulesView() {
  const asked = useAsked<Schedule[]>('/schedules');
  const schedules = asked.value ?? [];
  return (
    <section class="narrow" aria-label="Schedules">
      <h1>Schedules</h1>
      <Waiting asked={asked} />
      {asked.value !== undefined && schedules.length === 0 && (
        <Empty title="Nothing is scheduled">
          A team can be launched again and again:{' '}
          <code>cowork schedule add "every weekday 8:00" "Sort the new receipts" --grant ~/receipts</code>
        </Empty>
      )}
      <ul class="rows">
        {schedules.map((schedule) => (
          <li key={schedule.name}>
            <ScheduleRow schedule={schedule} onGone={asked.again} />
          </li>
        ))}
      </ul>
      <CommandLine>cowork schedule list</CommandLine>
    </section>
  );
}

function ScheduleRow({ schedule, onGone }: { schedule: Schedule; onGone: () => void }) {
  const { name, when, job, nextText, minded } = schedule;
  return (
    <OpeningRow<Run[]>
      head={
        <>
          <strong>{name}</strong>{' '}
          <span class="facts">
            <span>{when}</span>
            <span>next: {nextText}</span>
            {!minded && <span class="badge warm">nobody minds it: cowork schedule start</span>}
          </span>
          <span class="job">{job}</span>
        </>
      }
      path={`/schedules/runs?name=${encodeURIComponent(name)}`}
      body={(runs) => (
        <ul class="history">
          {runs.length === 0 && <li class="muted">It has not run yet.</li>}
          {runs.map(({ due, state, team, reason }) => (
            <li key={due} class="facts">
              <time dateTime={due}>{ago(due)}</time>
              <State state={state} />
              {team !== null && <a href={linkTo(team)}>{team}</a>}
              {reason !== null && <span>{reason}</span>}
            </li>
          ))}
        </ul>
      )}
      remove={{ label: 'Remove', sure: 'Remove it for good', path: '/schedules/remove', name, onGone }}
      command={(isSure) => `cowork schedule ${isSure ? 'remove' : 'runs'} ${quote(name)}`}
    />
  );
}
