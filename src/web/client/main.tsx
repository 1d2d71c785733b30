import './app.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { Page } from './page.tsx';
import { start, title } from './state.ts';
import { applyTheme } from './theme.tsx';

applyTheme();
start();
effect(() => {
  document.title = title.value;
});
const root = document.getElementById('app');
if (root !== null) {
  root.textContent = '';
  render(<Page />, root);
}
