import { useState } from 'preact/hooks';
import type { LogLine, LogPage } from '../shapes.ts';
import { useAskedEvery, Waiting } from './asked.tsx';
import { FindWords, Whose } from './filters.tsx';
import { LongList } from './long-list.tsx';
import { CommandLine, Empty } from './parts.tsx';
import { place, shown } from './state.ts';
import { timeOf } from './words.ts';

const LEVELS: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: '',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
/** How often a log is read again while it is looked at, in milliseconds. */
const AGAIN_MS = 2_000;
const WARN = 40;

/** What keepers and the supervisor have noted, the newest first. */
export function LogsView() {
  const [agent, setAgent] = useState(place.value.more ?? 'lead');
  const [words, setWords] = useState('');
  const [onlyTrouble, setOnlyTrouble] = useState(false);
  const status = shown.value?.status;
  const team = status?.team ?? '';
  const of = agent === '' ? '' : `?agent=${encodeURIComponent(agent)}`;
  const asked = useAskedEvery<LogPage>(`/teams/${encodeURIComponent(team)}/logs${of}`, AGAIN_MS);
  if (status === undefined) return null;
  const lines = (asked.value?.lines ?? []).filter(
    ({ text, level }) => (!onlyTrouble || level >= WARN) && text.toLowerCase().includes(words.toLowerCase()),
  );
  const keys = lines.map(({ at }, index) => `${at} ${index}`).reverse();
  return (
    <section aria-label="Logs">
      <div class="filters">
        <Whose
          label="Whose log"
          value={agent}
          choices={[
            ...status.agents.map(({ name }) => ({ value: name, label: `keeper of ${name}` })),
            { value: '', label: 'supervisor' },
          ]}
          onChange={setAgent}
        />
        <FindWords value={words} onChange={setWords} />
        <button
          type="button"
          class="chip-button"
          aria-pressed={onlyTrouble}
          onClick={() => setOnlyTrouble(!onlyTrouble)}
        >
          Only trouble
        </button>
      </div>
      <Waiting asked={asked} />
      {asked.value !== undefined && lines.length === 0 && (
        <Empty title={words === '' && !onlyTrouble ? 'Nothing was noted yet' : 'Nothing like this'}>
          The keeper of each agent notes what it starts, what comes through the gate and what goes wrong.
        </Empty>
      )}
      <LongList
        name="log"
        keys={keys}
        row={(index) => {
          const { at, level, life, text } = lines[lines.length - 1 - index] as LogLine; // there is one for each key
          return {
            className: `log-line ${level >= WARN ? 'log-trouble' : ''}`,
            content: (
              <>
                {at !== null && (
                  <time dateTime={at} title={at}>
                    {timeOf(at)}
                  </time>
                )}
                <code class="log-text">
                  {life !== null && <span class="muted">life {life} </span>}
                  {LEVELS[level] !== '' && <strong>{LEVELS[level] ?? `level ${level}`} </strong>}
                  {text}
                </code>
              </>
            ),
          };
        }}
      />
      {asked.value?.isCut === true && <p class="muted">The end of it. All: the command below.</p>}
      <CommandLine>
        {agent === '' ? `less ~/.cowork/teams/${team}/supervisor.log` : `cowork logs ${agent} -t ${team}`}
      </CommandLine>
    </section>
  );
}
