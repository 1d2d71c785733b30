import { AgentsView } from './agents.tsx';
import { ArtifactsView } from './artifacts.tsx';
import { BoardView, TaskPanel } from './board.tsx';
import { ChangesView } from './changes.tsx';
import { TeamLife } from './life.tsx';
import { LogsView } from './logs.tsx';
import { PanesView } from './pane/view.tsx';
import { State } from './parts.tsx';
import { RequestsView } from './requests.tsx';
import { linkTo, now, place, type Shown, shown, trouble } from './state.ts';
import { TimelineView } from './timeline.tsx';
import { VIEWS } from './views.ts';
import { brief, duration, money } from './words.ts';

/** Views with nothing beside them. */
const ALONE = ['timeline', 'panes', 'changes', 'logs'];

/** One team: what it is, how far it is, and one of its views. */
export function TeamView() {
  const team = shown.value;
  const { view, more } = place.value;
  const isAlone = ALONE.includes(view) || more === 'graph';
  if (team === undefined) return trouble.value === undefined ? <p class="loading">Loading…</p> : null;
  const { status } = team;
  const open = team.approvals.filter(({ state }) => state === 'open').length;
  return (
    <>
      <Head {...team} />
      <nav class="tabs" aria-label="Views of this team">
        {VIEWS.map(({ id, label }) => (
          <a key={id} href={linkTo(status.team, id)} aria-current={id === view ? 'page' : undefined}>
            {label}
            {id === 'requests' && open > 0 && <span class="badge warm">{open}</span>}
          </a>
        ))}
      </nav>
      <div class={`views ${isAlone ? `alone ${view}-alone` : ''}`}>
        <div class="view">
          {view === 'board' && <BoardView />}
          {view === 'agents' && <AgentsView />}
          {view === 'panes' && <PanesView />}
          {view === 'requests' && <RequestsView />}
          {view === 'changes' && <ChangesView />}
          {view === 'logs' && <LogsView />}
          {view === 'artifacts' && <ArtifactsView />}
          {view === 'timeline' && <TimelineView />}
        </div>
        {!isAlone && (
          <aside class="beside" aria-label="Timeline">
            <TimelineView />
          </aside>
        )}
      </div>
      <TaskPanel />
    </>
  );
}

function Head({ status, tasks }: Shown) {
  const { job, state, created, ended, costUsd, agents, alerts, summary, rehearsal } = status;
  const done = tasks.filter((task) => task.state === 'completed').length;
  const counted = tasks.filter((task) => task.state !== 'cancelled').length;
  const tokens = agents.reduce(
    (sum, { tokens: t }) => sum + t.input + t.output + t.cacheRead + t.cacheWrite,
    0,
  );
  const elapsed = (ended === null ? now.value : Date.parse(ended)) - Date.parse(created);
  return (
    <section class="head">
      <div class="head-line">
        <h1>{status.team}</h1>
        <State state={state} />
        {agents.some(({ sandbox }) => sandbox === 'none') && (
          <span
            class="badge warm"
            title="Agents have all rights of your user. Asked for with --sandbox none."
          >
            no sandbox
          </span>
        )}
        {rehearsal !== null && (
          <span class="badge" title={rehearsal}>
            rehearsal
          </span>
        )}
        <TeamLife />
      </div>
      <details class="job">
        <summary>{job}</summary>
        <p>{job}</p>
      </details>
      <dl class="figures">
        <div class="wide">
          <dt>Tasks done</dt>
          <dd>
            {done} of {counted}
            <progress max={Math.max(1, counted)} value={done} aria-label="Tasks done" />
          </dd>
        </div>
        <Figure name="Agents">
          {agents.filter(({ state: s }) => s === 'working').length} of {agents.length} at work
        </Figure>
        <Figure name="Time">{duration(elapsed)}</Figure>
        <Figure name="Tokens">{brief(tokens)}</Figure>
        <Figure name="Money">{rehearsal === null ? money(costUsd) : 'none'}</Figure>
      </dl>
      {alerts.map(({ id, agent, kind, text }) => (
        <div key={id} class="trouble soft" role="status">
          <strong>
            {agent ?? 'team'}, {kind}:
          </strong>{' '}
          {kind === 'approval' ? <a href={linkTo(status.team, 'requests')}>See what is asked for</a> : text}
        </div>
      ))}
      {summary !== null && (
        <blockquote class="summary">
          {summary}{' '}
          <a href={`/api/teams/${encodeURIComponent(status.team)}/report`} target="_blank" rel="noopener">
            The report
          </a>
        </blockquote>
      )}
    </section>
  );
}

function Figure({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
