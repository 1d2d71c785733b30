import { AgentsView } from './agents.tsx';
import { ArtifactsView } from './artifacts.tsx';
import { BoardView, TaskPanel } from './board.tsx';
import { ChangesView } from './changes.tsx';
import { TeamLife } from './life.tsx';
import { LogsView } from './logs.tsx';
import { Notes } from './notes.tsx';
import { PanesView } from './pane/view.tsx';
import { State } from './parts.tsx';
import { RequestsView } from './requests.tsx';
import { isWide, linkTo, now, place, type Shown, shown, trouble } from './state.ts';
import { Tabs } from './tabs.tsx';
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
      <Tabs
        name="Views of this team"
        tabs={VIEWS.map(({ id, label }) => ({
          ...{ id, label, href: linkTo(status.team, id) },
          count: id === 'requests' ? open : 0,
        }))}
        current={view}
      />
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
        {!isAlone && isWide.value && (
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
  const { job, state, created, ended, costUsd, agents, summary, rehearsal } = status;
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
        {status.image !== undefined && <span class="badge">{status.image} image</span>}
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
        <Figure name="At work">
          {agents.filter(({ state: s }) => s === 'working').length} of {agents.length}
        </Figure>
        <Figure name="Time">{duration(elapsed)}</Figure>
        <Figure name="Tokens">{brief(tokens)}</Figure>
        <Figure name="Money">
          {rehearsal === null ? money(costUsd) : <span title="A rehearsal costs nothing.">–</span>}
        </Figure>
      </dl>
      <Notes status={status} />
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
