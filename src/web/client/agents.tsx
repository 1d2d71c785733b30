import type { AgentStatus } from '../../protocol/team.ts';
import type { FigureSeries } from '../../team/figures.ts';
import { Figures, useFigures } from './figures.tsx';
import { StopButton } from './life.tsx';
import { CommandLine, State, Who } from './parts.tsx';
import { SpawnForm } from './spawn-form.tsx';
import { linkTo, readOnly, shown } from './state.ts';
import { brief, money } from './words.ts';

const ENDED = ['stopped', 'stopping', 'failed'];

/** Every agent: what it does and why, what it used, and what the whole team used over time. */
export function AgentsView() {
  const figures = useFigures();
  const team = shown.value;
  if (team === undefined) return null;
  const { agents, team: name } = team.status;
  return (
    <section aria-label="Agents">
      {figures.value !== undefined && figures.value.at.length > 1 && (
        <section class="over-time" aria-label="The team over time">
          <Figures series={figures.value} />
          <CommandLine>{`cowork status --figures -t ${name}`}</CommandLine>
        </section>
      )}
      <ul class="agents">
        {agents.map((agent) => (
          <li key={agent.name}>
            <Agent agent={agent} series={figures.value} />
          </li>
        ))}
      </ul>
      {!readOnly.value && !['done', 'failed', 'stopped'].includes(team.status.state) && <SpawnForm />}
      <CommandLine>{`cowork status -t ${name}`}</CommandLine>
    </section>
  );
}

function Agent({ agent, series }: { agent: AgentStatus; series: FigureSeries | undefined }) {
  const {
    name,
    role,
    state,
    reason,
    task,
    sandbox,
    accelerator,
    incarnation,
    model,
    tokens,
    costUsd,
    unread,
    host,
  } = agent;
  const subject = shown.value?.tasks.find(({ id }) => id === task)?.subject;
  const team = shown.value?.status.team ?? '';
  const isRehearsal = shown.value?.status.rehearsal !== null;
  return (
    <article class="agent" aria-label={`${name}, ${state}`}>
      <header>
        <Who name={name} />
        <State state={state} />
        {unread > 0 && <span class="badge">{unread} unread</span>}
      </header>
      <p class="doing">
        {task === null
          ? reason || (state === 'idle' ? 'Waits for mail or a task.' : '')
          : `${task}${subject === undefined ? '' : `: ${subject}`}`}
      </p>
      {task !== null && reason !== '' && <p class="muted">{reason}</p>}
      <dl class="small-figures">
        <Pair name="Tokens in">{brief(tokens.input + tokens.cacheRead + tokens.cacheWrite)}</Pair>
        <Pair name="Tokens out">{brief(tokens.output)}</Pair>
        {!isRehearsal && <Pair name="Money">{money(costUsd)}</Pair>}
        <Pair name="Started">
          {incarnation < 2 ? (['not yet', 'once'][incarnation] ?? '') : `${incarnation} times`}
        </Pair>
        <Pair name="Runs in">
          {host ??
            (sandbox === 'none' ? 'no sandbox' : `a VM${accelerator === null ? '' : ` (${accelerator})`}`)}
        </Pair>
        <Pair name="Model" isWide>
          {model || '–'}
        </Pair>
      </dl>
      {series?.agents[name] !== undefined && series.at.length > 1 && (
        <details>
          <summary class="fold">Over time</summary>
          <Figures series={series} of={name} />
        </details>
      )}
      <div class="agent-acts">
        {!ENDED.includes(state) && <a href={linkTo(team, 'panes', name)}>Terminal</a>}
        <a href={linkTo(team, 'logs', name)}>Log</a>
        {role !== 'lead' && !readOnly.value && !ENDED.includes(state) && (
          <StopButton what={name} body={{ agent: name }} command={`cowork stop ${name} -t ${team}`} />
        )}
      </div>
    </article>
  );
}

function Pair({ name, children, isWide = false }: { name: string; children: string; isWide?: boolean }) {
  return (
    <div class={isWide ? 'two-wide' : ''}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
