import { spawn } from 'node:child_process';

/** How long it is waited for a browser that fails at once, milliseconds. */
const FAILS_WITHIN_MS = 1_000;

/** Opens an address in the person's browser: `BROWSER`, else the desktop's. False when there is none. */
export function openBrowser(url: URL, env: NodeJS.ProcessEnv): Promise<boolean> {
  const hasDesktop = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  const program = env.BROWSER || (hasDesktop ? 'xdg-open' : '');
  if (program === '') return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // No shell: the address is the service's to choose.
  const child = spawn(program, [url.href], { env, stdio: 'ignore', detached: true });
  child.once('error', () => resolve(false));
  child.once('exit', (code) => resolve(code === 0));
  setTimeout(() => resolve(true), FAILS_WITHIN_MS);
  child.unref();
  return promise;
}
