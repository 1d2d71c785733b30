/** The one script that may run as a worker of this page. */
const WORKER = '/sw.js';

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** Keeps the page itself for when the server does not answer. Where that can't be, the page is as good as without. */
export async function keepShell(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  const rules = {
    createScriptURL: (url: string): string => {
      if (url !== WORKER) throw new TypeError('no other worker');
      return url;
    },
  };
  const url = trustedTypes?.createPolicy('shell', rules).createScriptURL(WORKER) ?? WORKER;
  // A certificate that nobody vouches for is one reason why a browser may refuse.
  await navigator.serviceWorker.register(url).catch(() => undefined);
}
