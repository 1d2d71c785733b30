import { useAsked, Waiting } from './asked.tsx';
import { CommandLine, Empty, State } from './parts.tsx';

/** As `cowork plugin list --json` prints it. */
interface Plugin {
  name: string;
  description: string | null;
  version: string;
  state: string;
  scope: string;
  marketplace: string | null;
  source: string;
  consent: string;
}

/** What is installed for all teams. Installing asks for agreement at a terminal: it may run programs. */
export function PluginsView() {
  const asked = useAsked<Plugin[]>('/plugins');
  const plugins = asked.value ?? [];
  return (
    <section class="narrow" aria-label="Plugins">
      <h1>Plugins</h1>
      <Waiting asked={asked} />
      {asked.value !== undefined && plugins.length === 0 && (
        <Empty title="No plugin is installed">
          Plugins bring skills, commands, agents, hooks and servers. They are installed in a terminal, where
          you see what they would run before you agree: <code>cowork plugin add OWNER/REPO</code>
        </Empty>
      )}
      <ul class="rows">
        {plugins.map(({ name, description, version, state, marketplace, source, scope, consent }) => (
          <li key={`${name} ${scope}`} class="row">
            <span class="row-head">
              <strong>{name}</strong>
              <State state={state} />
              {consent === 'needed' && <span class="badge warm">runs nothing before you agree</span>}
            </span>
            {description !== null && <span class="text">{description}</span>}
            <span class="facts">
              <span>version {version}</span>
              <span>from {marketplace ?? source}</span>
              <span>for {scope === 'user' ? 'you' : `the ${scope}`}</span>
            </span>
            <CommandLine>{`cowork plugin validate ${name}`}</CommandLine>
          </li>
        ))}
      </ul>
      <CommandLine>cowork plugin list</CommandLine>
    </section>
  );
}
