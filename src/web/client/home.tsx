import { LaunchView } from './launch.tsx';
import { MemoryView } from './memory.tsx';
import { PluginsView } from './plugins.tsx';
import { SchedulesView } from './schedules.tsx';
import { place, readOnly } from './state.ts';
import { TeamsView } from './teams.tsx';

const VIEWS = [
  { id: 'teams', label: 'Teams' },
  { id: 'launch', label: 'New team' },
  { id: 'schedules', label: 'Schedules' },
  { id: 'memory', label: 'Memory' },
  { id: 'plugins', label: 'Plugins' },
];

/** What is not of one team. */
export function HomeView() {
  const { view } = place.value;
  return (
    <>
      <nav class="tabs home-tabs" aria-label="Views of this machine">
        {VIEWS.filter(({ id }) => id !== 'launch' || !readOnly.value).map(({ id, label }) => (
          <a
            key={id}
            href={id === 'teams' ? '#/' : `#/~${id}`}
            aria-current={id === view ? 'page' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {view === 'launch' && <LaunchView />}
      {view === 'schedules' && <SchedulesView />}
      {view === 'memory' && <MemoryView />}
      {view === 'plugins' && <PluginsView />}
      {!['launch', 'schedules', 'memory', 'plugins'].includes(view) && <TeamsView />}
    </>
  );
}
