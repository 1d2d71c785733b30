import { useEffect, useRef } from 'preact/hooks';
import { Keyboard } from './icons.tsx';
import { go, linkTo, openTask, place } from './state.ts';
import { VIEWS } from './views.ts';

/** Keys that work everywhere, and the list of them. */
export function Keys() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // Out of a field, so that the keys of the page are there again; a dialog closes by itself.
      if (event.key === 'Escape' && isTyping(event.target)) (event.target as HTMLElement).blur(); // as it types
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '?') dialog.current?.showModal();
      else if (event.key === 't') go('#/');
      else if (event.key === '/') focusOn('[data-find]', event);
      else if (event.key === 'm') focusOn('[data-compose]', event);
      else if (event.key === 'Escape') openTask.value = undefined;
      else if (/^[1-9]$/.test(event.key) && place.value.team !== undefined) {
        const view = VIEWS[Number(event.key) - 1];
        if (view !== undefined) go(linkTo(place.value.team, view.id));
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        class="quiet"
        onClick={() => dialog.current?.showModal()}
        aria-label="Keys of this page"
        title="Keys of this page (?)"
      >
        <Keyboard />
      </button>
      <dialog ref={dialog} aria-label="Keys of this page">
        <h2>Keys</h2>
        <dl class="keys">
          {VIEWS.map(({ id, label }, index) => (
            <div key={id}>
              <dt>
                <kbd>{index + 1}</kbd>
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
          {Object.entries(OTHERS).map(([key, label]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}

const OTHERS = {
  t: 'All teams',
  '/': 'Find in the timeline',
  m: 'Write a message',
  Esc: 'Leave a field, close what is open',
  '?': 'This list',
};

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, .xterm') !== null;
}

/** Goes to the first of these that can be seen; where there is none, the timeline has one, as soon as it is drawn. */
function focusOn(selector: string, event: Event): void {
  event.preventDefault();
  if (focusFirst(selector) || place.value.team === undefined) return;
  const drawn = new MutationObserver(() => focusFirst(selector) && drawn.disconnect());
  drawn.observe(document.body, { childList: true, subtree: true });
  // Whoever does something else meanwhile wants to be there.
  for (const act of ['keydown', 'pointerdown']) {
    window.addEventListener(act, () => drawn.disconnect(), { once: true, capture: true });
  }
  go(linkTo(place.value.team, 'timeline'));
}

/** Whether there was one. */
function focusFirst(selector: string): boolean {
  const all = [...document.querySelectorAll<HTMLElement>(selector)];
  const first = all.find((each) => each.checkVisibility());
  first?.focus();
  return first !== undefined;
}
