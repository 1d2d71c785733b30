import { computed, signal } from '@preact/signals';
import { Half, Moon, Sun } from './icons.tsx';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'cowork-theme';
const theme = signal<Theme>(THEMES.find((each) => each === localStorage.getItem(KEY)) ?? 'auto');

const system = matchMedia('(prefers-color-scheme: dark)');
const isSystemDark = signal(system.matches);
system.addEventListener('change', ({ matches }) => {
  isSystemDark.value = matches;
});
/** Whether the page is dark now. */
export const isDark = computed(() => (theme.value === 'auto' ? isSystemDark.value : theme.value === 'dark'));

/** Light, dark, or as the system says. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value;
}

export function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'auto';
  const turn = (): void => {
    theme.value = next;
    localStorage.setItem(KEY, next);
    applyTheme();
  };
  return (
    <button
      type="button"
      class="quiet"
      onClick={turn}
      aria-label={`Colours: ${theme.value}. Change to ${next}.`}
      title={`Colours: ${theme.value}. Change to ${next}.`}
    >
      {theme.value === 'auto' ? <Half /> : theme.value === 'light' ? <Sun /> : <Moon />}
    </button>
  );
}
