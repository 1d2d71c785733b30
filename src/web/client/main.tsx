import './app.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { watchForNotices } from './notices.tsx';
import { Page } from './page.tsx';
import { keepShell } from './shell.ts';
import { start, title } from './state.ts';
import { applyTheme } from './theme.tsx';

applyTheme();
start();
watchForNotices();
void keepShell();
effect(() => {
  document.title = title.value;
});
const root = document.getElementById('app');
if (root !== null) {
  root.textContent = '';
  render(<Page />, root);
}
