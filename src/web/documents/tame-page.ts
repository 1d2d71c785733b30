/**
 * A page without the tags that a policy does not hold: browsers look up and connect to the host of a frame or of a `preconnect` before they
 * look at the policy, which is enough to carry words out. None of these tags does anything under ours, so nothing is lost: they
 * are given names that mean nothing. Always UTF-8, whatever the page begins with: a mark of another encoding would hide them.
 */
export function tamePage(page: Uint8Array): string {
  return decode(page).replaceAll(REACHING, '<$1x-$2');
}

/** Tags that make a browser turn to another host by themselves, and those that say where to. */
const REACHING = /<(\/?)(link|i?frame|frameset|fencedframe|portal|object|embed|applet|base|meta)(?![\w-])/gi;

function decode(page: Uint8Array): string {
  const [first, second] = page;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return new TextDecoder(isWide ? (first === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8').decode(page);
}
