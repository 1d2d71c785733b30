import { Guarded } from './guarded.tsx';
import { HomeView } from './home.tsx';
import { Keys } from './keys.tsx';
import { NoticesButton } from './notices.tsx';
import { Passphrase } from './passphrase.tsx';
import { isLive, place, readOnly, shown, teams, trouble } from './state.ts';
import { TeamView } from './team.tsx';
import { ThemeButton } from './theme.tsx';

/** The whole page: a bar, what is wrong if anything is, and the view. */
export function Page() {
  const { team } = place.value;
  const hasSession = !['WEB_NO_SESSION', 'WEB_PASSPHRASE_NEEDED'].includes(trouble.value?.code ?? '');
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <header class={`bar ${team === undefined ? 'home-wide' : ''}`}>
        <nav aria-label="Where you are">
          <a class="brand" href="#/">
            <img src="/assets/icon.svg" alt="" width="22" height="22" />
            <span class={team === undefined ? '' : 'brand-name'}>cowork</span>
          </a>
          {team !== undefined && (
            <>
              <span class="slash" aria-hidden="true">
                /
              </span>
              <span class="here">{team}</span>
            </>
          )}
        </nav>
        <div class="tools">
          {readOnly.value && <span class="badge">read only</span>}
          {hasSession && <Live />}
          {hasSession && <NoticesButton />}
          <Keys />
          <ThemeButton />
        </div>
      </header>
      <Trouble />
      <main id="main" tabIndex={-1} class={team === undefined ? 'home-wide' : ''}>
        {hasSession && (
          <Guarded key={location.hash}>{team === undefined ? <HomeView /> : <TeamView />}</Guarded>
        )}
      </main>
    </>
  );
}

function Live() {
  return (
    <output class={`live ${isLive.value ? 'on' : 'off'}`}>
      <span class="dot" aria-hidden="true" />
      {isLive.value ? 'live' : 'not connected'}
    </output>
  );
}

/** What is wrong and what to do. What was shown stays, as old as it is. */
function Trouble() {
  const wrong = trouble.value;
  const isOld = !isLive.value && (shown.value !== undefined || teams.value !== undefined);
  if (wrong === undefined) {
    if (!isOld || shown.value === undefined) return null;
    return (
      <div class="trouble soft" role="status">
        The connection is lost; what you see may be old. It comes back by itself.
      </div>
    );
  }
  if (wrong.code === 'WEB_PASSPHRASE_NEEDED') return <Passphrase />;
  if (wrong.code === 'WEB_NO_SESSION') {
    return (
      <section class="door">
        <h1>This browser is not let in yet</h1>
        <p>
          A link works once, within ten minutes, and its session ends with the server. For a new one, run this
          on the machine where your teams are, and open what it prints:
        </p>
        <pre>cowork web</pre>
        <p class="muted">Where it runs already, press Enter there: each Enter prints another link.</p>
      </section>
    );
  }
  return (
    <div class="trouble" role="alert">
      <strong>{wrong.message}</strong> {wrong.hint}
    </div>
  );
}
