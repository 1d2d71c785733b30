import type { ComponentChildren } from 'preact';

/** A small drawing of lines, in the colour of the words beside it; a name is given by what it stands in. */
function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      {children}
    </svg>
  );
}

export const Bell = ({ isOn }: { isOn: boolean }) => (
  <Icon>
    <path class={isOn ? 'filled' : ''} d="M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.5 17.5h3" />
  </Icon>
);

export const Keyboard = () => (
  <Icon>
    <rect x="2" y="5" width="16" height="10" rx="2" />
    <path d="M5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 12h7" />
  </Icon>
);

export const Sun = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.5" />
    <path d="M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1" />
  </Icon>
);

export const Moon = () => (
  <Icon>
    <path d="M16.5 11.5A7 7 0 0 1 8.5 3.5a7 7 0 1 0 8 8z" />
  </Icon>
);

/** Half light, half dark: as the system says. */
export const Half = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path class="filled" d="M10 3a7 7 0 0 1 0 14z" />
  </Icon>
);
