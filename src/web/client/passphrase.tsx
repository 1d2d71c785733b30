import { useState } from 'preact/hooks';
import { Refused, useAct } from './act.tsx';
import { enter } from './api.ts';
import { reload } from './state.ts';

/** The door of a dashboard in a local network. */
export function Passphrase() {
  const [passphrase, setPassphrase] = useState('');
  const act = useAct();
  const send = async (): Promise<void> => {
    if (await act.runAt(() => enter(passphrase))) reload();
    else setPassphrase('');
  };
  return (
    <section class="door">
      <h1>Who is there?</h1>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label>
          Passphrase
          <input
            type="password"
            required
            autocomplete="current-password"
            value={passphrase}
            onInput={(event) => setPassphrase(event.currentTarget.value)}
          />
        </label>
        <Refused act={act} />
        <button type="submit" class="primary" disabled={act.isBusy || passphrase === ''}>
          Open
        </button>
      </form>
      <p class="muted">
        It was set on the machine where your teams are, when <code>cowork web --host</code> was first run
        there.
      </p>
    </section>
  );
}
