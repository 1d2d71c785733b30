import { computed, effect, signal } from '@preact/signals';
import { Bell } from './icons.tsx';
import { place, shown, teams } from './state.ts';

const KEY = 'cowork-notices';
const isWanted = signal(localStorage.getItem(KEY) === 'on');
const permission = signal<NotificationPermission | 'none'>(
  'Notification' in window ? Notification.permission : 'none',
);

/** What waits for a person, as far as this page sees it: of the team that is shown, or of all by number. */
const waiting = computed((): { key: string; text: string }[] => {
  const { team } = place.value;
  if (team !== undefined)
    return (shown.value?.approvals ?? [])
      .filter(({ state }) => state === 'open')
      .map(({ id, agent, kind, what }) => ({
        key: `${team} ${id}`,
        text: `${agent} asks (${kind}): ${what}`,
      }));
  return (teams.value?.teams ?? [])
    .filter((each) => each.waiting > 0)
    .map((each) => ({ key: `${each.team} ${each.waiting}`, text: `${each.team}: ${each.waiting} for you` }));
});

/** Tells a person who looks elsewhere that somebody waits for them: by a notice where that is wanted and allowed, and on the icon. */
export function watchForNotices(): void {
  let known: Set<string> | undefined;
  let at: string | undefined;
  effect(() => {
    const now = waiting.value;
    const hasAny = place.value.team === undefined ? teams.value !== undefined : shown.value !== undefined;
    if (!hasAny) return;
    setBadge(now.length);
    const isNewPlace = at !== place.value.team;
    at = place.value.team;
    // What waited before somebody looked is on the screen; only what comes then is news.
    const fresh = known === undefined || isNewPlace ? [] : now.filter(({ key }) => !known?.has(key));
    known = new Set(now.map(({ key }) => key));
    if (fresh.length > 0 && isWanted.value && permission.value === 'granted' && !document.hasFocus())
      void tell(fresh.map(({ text }) => text.slice(0, 200)).join('\n'));
  });
}

async function tell(body: string): Promise<void> {
  const options = { body, tag: 'cowork', icon: '/assets/icon.svg' };
  const worker = await navigator.serviceWorker?.getRegistration();
  // Phones show notices of workers only.
  if (worker !== undefined) await worker.showNotification('cowork', options);
  else new Notification('cowork', options).onclick = () => window.focus();
}

function setBadge(count: number): void {
  const set = (navigator as { setAppBadge?: (count: number) => Promise<void> }).setAppBadge; // not everywhere
  set?.call(navigator, count).catch(() => undefined); // the title has the number, too
}

/** Switches notices on and off. Where the browser says no, it says so. */
export function NoticesButton() {
  if (permission.value === 'none') return null;
  const isOn = isWanted.value && permission.value === 'granted';
  const turn = async (): Promise<void> => {
    if (!isOn && permission.value !== 'granted') permission.value = await Notification.requestPermission();
    isWanted.value = !isOn && permission.value === 'granted';
    localStorage.setItem(KEY, isWanted.value ? 'on' : 'off');
  };
  const what =
    permission.value === 'denied'
      ? 'Notices are blocked: allow them for this page in the browser.'
      : `Notices when somebody waits for you: ${isOn ? 'on' : 'off'}. Change.`;
  return (
    <button
      type="button"
      class="quiet"
      aria-pressed={isOn}
      disabled={permission.value === 'denied'}
      title={what}
      aria-label={what}
      onClick={() => void turn()}
    >
      <Bell isOn={isOn} />
    </button>
  );
}
