// A service worker, for one thing: that the page itself opens when the server does not answer, and says so. What the server
// tells of teams is never kept, so nothing old is ever shown as if it were live.

/** What of a service worker's scope is used; its types and those of a page can't be had at once. */
interface Worker {
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'fetch',
    listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: { origin: string };
}
const worker = self as unknown as Worker; // this file is run as nothing else

const CACHE = 'cowork-shell-1';
const SHELL = ['/', '/assets/app.js', '/assets/app.css', '/assets/icon.svg', '/assets/manifest.json'];

worker.addEventListener('install', (event) => {
  event.waitUntil(Promise.all([keepShell(), worker.skipWaiting()]));
});
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (event) => {
  const { origin, pathname, search } = new URL(event.request.url);
  const isShell = event.request.method === 'GET' && origin === worker.location.origin && search === '';
  // A link with a token goes by: it is used once, and kept nowhere.
  if (isShell && SHELL.includes(pathname)) event.respondWith(fromServerFirst(event.request, pathname));
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL);
}

/** As the server has it, as long as it answers: the page and the server are always of one version. */
async function fromServerFirst(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(path, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(path);
    if (kept !== undefined) return kept;
    throw error;
  }
}
