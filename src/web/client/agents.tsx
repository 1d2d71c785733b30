import type { AgentStatus } from '../../protocol/team.ts';
import { StopButton } from './life.tsx';
import { CommandLine, State, Who } from './parts.tsx';
import { readOnly, shown } from './state.ts';
import { brief, money } from './words.ts';

/** Every agent: what it does and why, what it used. */
export function AgentsView() {
  const team = shown.value;
  if (team === undefined) return null;
  const { agents, team: name } = team.status;
  return (
    <section aria-label="Agents">
      <ul class="agents">
        {agents.map((agent) => (
          <li key={agent.name}>
            <Agent {...agent} />
          </li>
        ))}
      </ul>
      <CommandLine>{`cowork status -t ${name}`}</CommandLine>
    </section>
  );
}

function Agent({
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
}: AgentStatus) {
  const subject = shown.value?.tasks.find(({ id }) => id === task)?.subject;
  return (
    <article class="agent" aria-label={`${name}, ${state}`}>
      <header>
        <Who name={name} />
        <State state={state} />
        {unread > 0 && <span class="badge">{unread} unread</span>}
      </header>
      <p class="doing">
        {task === null ? reason || ' ' : `${task}${subject === undefined ? '' : `: ${subject}`}`}
      </p>
      {task !== null && reason !== '' && <p class="muted">{reason}</p>}
      <dl class="small-figures">
        <Pair name="Role">{role}</Pair>
        <Pair name="Model">{model || '–'}</Pair>
        <Pair name="Tokens in">{brief(tokens.input + tokens.cacheRead + tokens.cacheWrite)}</Pair>
        <Pair name="Tokens out">{brief(tokens.output)}</Pair>
        <Pair name="Money">{money(costUsd)}</Pair>
        <Pair name="Life">{String(incarnation)}</Pair>
        <Pair name="Runs in">
          {host ?? (sandbox === 'none' ? 'no sandbox' : `VM (${accelerator ?? '–'})`)}
        </Pair>
      </dl>
      {role !== 'lead' && !readOnly.value && !['stopped', 'stopping', 'failed'].includes(state) && (
        <div>
          <StopButton
            label="Stop"
            what={name}
            body={{ agent: name }}
            command={`cowork stop ${name} -t ${shown.value?.status.team}`}
          />
        </div>
      )}
    </article>
  );
}

function Pair({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
