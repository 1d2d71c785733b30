import { LaunchView } from './launch.tsx';
import { MemoryView } from './memory.tsx';
import { PluginsView } from './plugins.tsx';
import { SchedulesView } from './schedules.tsx';
import { place, readOnly } from './state.ts';
import { Tabs } from './tabs.tsx';
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
      <Tabs
        name="Views of this machine"
        tabs={VIEWS.filter(({ id }) => id !== 'launch' || !readOnly.value).map((each) => ({
          ...each,
          href: each.id === 'teams' ? '#/' : `#/~${each.id}`,
        }))}
        current={view}
      />
      {view === 'launch' && <LaunchView />}
      {view === 'schedules' && <SchedulesView />}
      {view === 'memory' && <MemoryView />}
      {view === 'plugins' && <PluginsView />}
      {!['launch', 'schedules', 'memory', 'plugins'].includes(view) && <TeamsView />}
    </>
  );
}
