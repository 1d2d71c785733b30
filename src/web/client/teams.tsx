import { Launching } from './launching.tsx';
import { CommandLine, Empty, State } from './parts.tsx';
import { linkTo, teams } from './state.ts';
import { ago, money } from './words.ts';

/** All teams, the newest first. */
export function TeamsView() {
  const page = teams.value;
  if (page === undefined) return <p class="loading">Loading…</p>;
  return (
    <section class="narrow">
      <h1>Teams</h1>
      {page.launches.map((row) => (
        <Launching key={row.team} row={row} isThere={page.teams.some(({ team }) => team === row.team)} />
      ))}
      {page.teams.length === 0 && page.launches.length === 0 && page.unreadable.length === 0 && (
        <Empty title="No team yet">
          A team works on one large job in the folders that you grant. <a href="#/~launch">Start one here</a>,
          or in a terminal: <code>cowork launch "Sort these receipts by month" --grant ~/receipts</code>. With
          no key and no account: <code>npm run demo</code>.
        </Empty>
      )}
      <ul class="rows">
        {page.teams.map(({ team, state, job, created, agents, tasks, costUsd, waiting }) => {
          const all = Object.values(tasks).reduce((sum, n) => sum + n, 0);
          return (
            <li key={team}>
              <a class="row" href={linkTo(team)}>
                <span class="row-head">
                  <strong>{team}</strong>
                  <State state={state} />
                  {waiting > 0 && <span class="badge warm">{waiting} for you</span>}
                </span>
                <span class="job">{job}</span>
                <span class="facts">
                  <span>{agents} agents</span>
                  <span>
                    {tasks.completed ?? 0} of {all} tasks done
                  </span>
                  <span>{money(costUsd)}</span>
                  <span>{ago(created)}</span>
                </span>
              </a>
            </li>
          );
        })}
        {page.unreadable.map(({ team, message }) => (
          <li key={team} class="row broken">
            <strong>{team}</strong> can't be read: {message}
          </li>
        ))}
      </ul>
      <CommandLine>cowork teams</CommandLine>
    </section>
  );
}
