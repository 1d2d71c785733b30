import { useState } from 'preact/hooks';
import { IMAGE_WORDS, type ImageName } from '../../protocol/images.ts';
import type { GrantMode } from '../../protocol/team.ts';
import { Refused, useAct } from './act.tsx';
import { FolderPicker } from './folder-picker.tsx';
import { Launching } from './launching.tsx';
import { CommandLine, quote } from './parts.tsx';
import { go, linkTo, place, teams } from './state.ts';

const MODES: Record<GrantMode, string> = {
  rw: 'read and write; can be put back',
  keep: 'write, never delete',
  review: 'land after your review',
  ro: 'read only',
  clone: 'a git repository, in clones',
};
/** A launch answers when all agents are ready, in milliseconds. */
const LAUNCH_MS = 660_000;
/** The same where an image may have to be built first. */
const IMAGE_MS = 2_460_000;

interface Mate {
  name: string;
  role: string;
}
interface Grant {
  path: string;
  mode: GrantMode;
}

/** A new team: job, folders, teammates, limits. It is `cowork launch`, and shows how. */
export function LaunchView() {
  const [job, setJob] = useState('');
  const [name, setName] = useState('');
  const [mates, setMates] = useState<Mate[]>(
    ['ada', 'ben', 'cleo'].map((each) => ({ name: each, role: '' })),
  );
  const [grants, setGrants] = useState<Grant[]>([]);
  const [isPicking, setPicking] = useState(false);
  const [budget, setBudget] = useState('');
  const [maxTurns, setMaxTurns] = useState('');
  const [model, setModel] = useState('');
  const [sandbox, setSandbox] = useState('');
  const [rehearsal, setRehearsal] = useState('');
  const [image, setImage] = useState<ImageName>('plain');
  const [requirePlan, setRequirePlan] = useState(false);
  const act = useAct();
  const team = name || slugOf(job);
  const hasImage = sandbox === '' && image !== 'plain';
  const under = teams.value?.launches.find((each) => each.team === team);
  const isThere = teams.value?.teams.some((each) => each.team === team) === true;
  const isReady = job.trim() !== '' && team !== '';
  const launch = async (): Promise<void> => {
    const body = {
      ...{ job: job.trim(), team, teammates: mates.filter((mate) => mate.name !== ''), grants, requirePlan },
      ...(budget === '' ? {} : { budget: Number(budget) }),
      ...(maxTurns === '' ? {} : { maxTurns: Number(maxTurns) }),
      ...(model === '' ? {} : { model }),
      ...(sandbox === '' ? {} : { sandbox }),
      ...(rehearsal === '' ? {} : { rehearsal }),
      ...(hasImage ? { image } : {}),
    };
    const isDone = await act.runHere('/launch', body, hasImage ? IMAGE_MS : LAUNCH_MS);
    // Who has left the form meanwhile stays where they are.
    if (isDone && place.value.view === 'launch' && place.value.team === undefined) go(linkTo(team));
  };
  const words = [
    `cowork launch ${quote(job.trim() || 'JOB')} -t ${team || 'NAME'}`,
    ...mates
      .filter((mate) => mate.name !== '')
      .map(({ name: each, role }) => `--teammate ${quote(role === '' ? each : `${each}:${role}`)}`),
    ...grants.map(({ path, mode }) => `--grant ${quote(`${path}:${mode}`)}`),
    ...(budget === '' ? [] : [`--budget ${budget}`]),
    ...(maxTurns === '' ? [] : [`--max-turns ${maxTurns}`]),
    ...(model === '' ? [] : [`--model ${quote(model)}`]),
    ...(sandbox === '' ? [] : [`--sandbox ${sandbox}`]),
    ...(rehearsal === '' ? [] : [`--rehearsal ${quote(rehearsal)}`]),
    ...(hasImage ? [`--image ${image}`] : []),
    ...(requirePlan ? ['--require-plan'] : []),
    '--detach',
  ];
  const setMate = (index: number, change: Partial<Mate>): void =>
    setMates(mates.map((mate, at) => (at === index ? { ...mate, ...change } : mate)));
  return (
    <section class="narrow" aria-label="New team">
      <h1>New team</h1>
      <form
        class="launch"
        onSubmit={(event) => {
          event.preventDefault();
          void launch();
        }}
      >
        <fieldset>
          <legend>The job</legend>
          <textarea
            required
            rows={4}
            aria-label="The job"
            placeholder="What is to be done, and how one sees that it is done"
            value={job}
            onInput={(event) => setJob(event.currentTarget.value)}
          />
          <label class="launch-row">
            Name of the team
            <input
              class="grow"
              pattern="[a-z0-9][a-z0-9\-]{0,62}"
              placeholder={slugOf(job) || 'receipts'}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </label>
        </fieldset>
        <fieldset>
          <legend>Folders that it may use</legend>
          {grants.length === 0 && (
            <p class="muted">None yet: agents then have only a scratch folder of their own.</p>
          )}
          {grants.map(({ path, mode }, index) => (
            <div key={path} class="launch-row">
              <code class="grow">{path}</code>
              <select
                value={mode}
                aria-label={`What may be done in ${path}`}
                onChange={(event) => {
                  const chosen = event.currentTarget.value as GrantMode; // one of the options below
                  setGrants(grants.map((grant, at) => (at === index ? { ...grant, mode: chosen } : grant)));
                }}
              >
                {Object.entries(MODES).map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
              <button
                type="button"
                class="quiet"
                aria-label={`Leave out ${path}`}
                onClick={() => setGrants(grants.filter((grant) => grant.path !== path))}
              >
                ✕
              </button>
            </div>
          ))}
          {isPicking ? (
            <FolderPicker
              onPick={(path) => {
                setPicking(false);
                if (path !== undefined && !grants.some((grant) => grant.path === path))
                  setGrants([...grants, { path, mode: 'rw' }]);
              }}
            />
          ) : (
            <div>
              <button type="button" onClick={() => setPicking(true)}>
                Add a folder
              </button>
            </div>
          )}
        </fieldset>
        <fieldset>
          <legend>Teammates</legend>
          {mates.map((mate, index) => (
            <div key={String(index)} class="launch-row">
              <input
                value={mate.name}
                size={10}
                aria-label={`Name of teammate ${index + 1}`}
                onInput={(event) => setMate(index, { name: event.currentTarget.value })}
              />
              <input
                class="grow"
                value={mate.role}
                aria-label={`Role of teammate ${index + 1}`}
                placeholder="Role, if it has one: checks the sums"
                onInput={(event) => setMate(index, { role: event.currentTarget.value })}
              />
              <button
                type="button"
                class="quiet"
                aria-label={`Leave out teammate ${index + 1}`}
                onClick={() => setMates(mates.filter((_, at) => at !== index))}
              >
                ✕
              </button>
            </div>
          ))}
          <div>
            <button type="button" onClick={() => setMates([...mates, { name: '', role: '' }])}>
              One more
            </button>
          </div>
        </fieldset>
        <fieldset>
          <legend>Limits and models</legend>
          <div class="launch-limits">
            <Field label="Budget in USD" value={budget} onChange={setBudget} isNumber hint="none" />
            <Field label="Replies per agent" value={maxTurns} onChange={setMaxTurns} isNumber hint="500" />
            <Field label="Model" value={model} onChange={setModel} hint="the default" />
            <Field
              label="Rehearsal (a file)"
              value={rehearsal}
              onChange={setRehearsal}
              hint="none: real models"
            />
            <label>
              Runs in
              <select value={sandbox} onChange={(event) => setSandbox(event.currentTarget.value)}>
                <option value="">a virtual machine each</option>
                <option value="none">this machine, with all rights of yours</option>
              </select>
            </label>
            {sandbox === '' && (
              <label>
                Programs in it
                <select
                  value={image}
                  onChange={(event) => setImage(event.currentTarget.value as ImageName)} // one of the options below
                >
                  <option value="plain">for text and code</option>
                  <option value="office">for documents, too</option>
                </select>
              </label>
            )}
          </div>
          {sandbox === '' && (
            <p class="muted hint">
              {IMAGE_WORDS[image]}.
              {hasImage &&
                ' Built on first use: about 250 MB to fetch and 5 minutes, and the launch waits for it.'}
            </p>
          )}
          <label class="launch-row">
            <input
              type="checkbox"
              checked={requirePlan}
              onChange={(event) => setRequirePlan(event.currentTarget.checked)}
            />
            The lead approves each plan first
          </label>
        </fieldset>
        <Refused act={act} />
        {act.isBusy && under !== undefined && <Launching row={under} isThere={isThere} />}
        <div class="composer-line">
          <button type="submit" class="primary" disabled={act.isBusy || !isReady}>
            {act.isBusy ? 'Starting…' : 'Launch'}
          </button>
          {act.isBusy && (
            <span class="muted">
              Agents are started; it answers when all are ready. You may leave this page.{' '}
              {isThere && <a href={linkTo(team, 'agents')}>Look already</a>}
            </span>
          )}
        </div>
      </form>
      <CommandLine>{words.join(' ')}</CommandLine>
    </section>
  );
}

function Field({
  label,
  value,
  onChange,
  hint,
  isNumber = false,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint: string;
  isNumber?: boolean;
}) {
  return (
    <label>
      {label}
      <input
        type="text"
        inputMode={isNumber ? 'decimal' : 'text'}
        value={value}
        placeholder={hint}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

/** A name from the first words of a job. */
function slugOf(job: string): string {
  const words = job.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.slice(0, 4).join('-').slice(0, 40).replace(/-$/, '');
}
