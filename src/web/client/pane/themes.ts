/** Colours of terminals; contrast is seen to by the terminal. */
export const THEMES = {
  light: {
    ...{ background: '#ffffff', foreground: '#1f2422', cursor: '#23685a', selectionBackground: '#cfe5df' },
    ...{ black: '#1f2422', red: '#b3372f', green: '#2a7a3f', yellow: '#8f5a00' },
    ...{ blue: '#2c62ad', magenta: '#8a3f8f', cyan: '#1f7480', white: '#5d6663' },
    ...{ brightBlack: '#5d6663', brightRed: '#c0433a', brightGreen: '#2f8747', brightYellow: '#9a6400' },
    ...{ brightBlue: '#3570c2', brightMagenta: '#9a4aa0', brightCyan: '#23828f', brightWhite: '#1f2422' },
  },
  dark: {
    ...{ background: '#121415', foreground: '#e6e8e6', cursor: '#7cc7b2', selectionBackground: '#35524a' },
    ...{ black: '#16181a', red: '#f08a80', green: '#7fc98f', yellow: '#e5b567' },
    ...{ blue: '#8ab6f0', magenta: '#d39ad8', cyan: '#7cc7d0', white: '#d5d8d5' },
    ...{ brightBlack: '#9aa39f', brightRed: '#f5a49c', brightGreen: '#9ad8a7', brightYellow: '#efc988' },
    ...{ brightBlue: '#a7c8f5', brightMagenta: '#e0b3e4', brightCyan: '#9bd8df', brightWhite: '#ffffff' },
  },
};
