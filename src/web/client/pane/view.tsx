import { useState } from 'preact/hooks';
import { CommandLine, Empty } from '../parts.tsx';
import { go, linkTo, place, readOnly, shown } from '../state.ts';
import { Pane } from './pane.tsx';

const ALL = 'all';
/** Agents without a terminal to look at. */
const ENDED = ['stopped', 'failed'];

/** The terminals of the agents: one to type into, or all at once to look at. */
export function PanesView() {
  const [isFollowing, setFollowing] = useState(false);
  const [isLooking, setLooking] = useState(false);
  const team = shown.value;
  if (team === undefined) return null;
  const { agents, team: name } = team.status;
  const living = agents.filter(({ state }) => !ENDED.includes(state)).map((agent) => agent.name);
  const wanted = place.value.more ?? living[0];
  if (wanted === undefined)
    return (
      <section aria-label="Panes">
        <Empty title="No agent runs">
          Each agent has a terminal of its own, to look at and to type into, while it runs. What it did is in
          its recording: <code>cowork replay AGENT -t {name}</code>
        </Empty>
      </section>
    );
  const step = (by: 1 | -1): void => {
    const at = living.indexOf(wanted);
    const next = living[(at + by + living.length) % living.length];
    if (next !== undefined) go(linkTo(name, 'panes', next));
  };
  const mayType = !readOnly.value && !isLooking;
  return (
    <section aria-label="Panes" class="panes">
      <nav class="filters" aria-label="Agents">
        <span class="chips">
          {[...living, ...(living.length > 1 ? [ALL] : [])].map((agent) => (
            <a
              key={agent}
              class="chip-link"
              href={linkTo(name, 'panes', agent)}
              aria-current={agent === wanted ? 'page' : undefined}
            >
              {agent === ALL ? 'All at once' : agent}
            </a>
          ))}
        </span>
        {wanted !== ALL && !readOnly.value && (
          <span class="chips push">
            <button type="button" aria-pressed={isLooking} onClick={() => setLooking(!isLooking)}>
              Only look
            </button>
            <button type="button" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
              Keep its size
            </button>
          </span>
        )}
      </nav>
      {wanted === ALL ? (
        <div class="tiles">
          {living.map((agent) => (
            <div key={agent} class="tile-box">
              <Pane team={name} agent={agent} isTile isFollowing readOnly />
              <a class="tile-link" href={linkTo(name, 'panes', agent)}>
                <span class="visually-hidden">Open the terminal of {agent}</span>
              </a>
            </div>
          ))}
        </div>
      ) : (
        <Pane
          key={wanted}
          team={name}
          agent={wanted}
          isFollowing={isFollowing || readOnly.value}
          readOnly={!mayType}
          onSwitch={step}
        />
      )}
      <p class="muted hint">
        {wanted === ALL
          ? 'Whole screens, a few times a second. Open one to type.'
          : `Keys go to ${wanted}, as your word. Shift+Up and Shift+Down go to the next agent, Ctrl+] leaves the terminal.`}
      </p>
      <CommandLine>
        {wanted === ALL
          ? `cowork panes -t ${name}`
          : `cowork attach ${wanted}${mayType ? '' : ' --read-only'} -t ${name}`}
      </CommandLine>
    </section>
  );
}
