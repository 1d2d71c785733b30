/** What looks like something that must not be kept; each with the words that a refusal names it by. */
const KINDS: readonly [what: string, pattern: RegExp][] = [
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['an API key', /\bsk-[A-Za-z0-9_-]{16,}/],
  ['a key of AWS', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/],
  ['a token of GitLab', /\bglpat-[A-Za-z0-9_-]{16,}/],
  ['a token of Slack', /\bxox[abposr]-[A-Za-z0-9-]{10,}/],
  ['a key of Google', /\bAIza[A-Za-z0-9_-]{30,}/],
  ['a key of Stripe', /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{30,}/],
  ['a signed token', /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/],
  ['a password in an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]{3,}@/i],
  ['an authorization header', /\bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic)\s+[A-Za-z0-9+/=._-]{8,}/i],
  [
    'a password or key with its value',
    /(?<![A-Za-z])(?:pass(?:word|wd|phrase)|passwort|kennwort|secret|api[_-]?key|access[_-]?key|(?:access|auth|refresh)[_-]?token)["'`*]*\s*(?:[:=]|\bis\b)\s*["'`]*(?![<$%{[(*]|(?:none|null|empty|unset|not|in|the|a|an|kept|stored|read|required|from|set)\b)[^\s"'`]{6,}/i,
  ],
];

/** Names the first thing in a text that looks secret; undefined when nothing does. */
export function whatLooksSecret(text: string): string | undefined {
  const found = KINDS.find(([, pattern]) => pattern.test(text));
  if (found !== undefined) return found[0];
  const numbers = text.match(/\b\d(?:[ -]?\d){12,18}\b/g) ?? [];
  return numbers.some(isCardNumber) ? 'a card number' : undefined;
}

/** The check digit of ISO/IEC 7812 (Luhn), and a first digit that cards have. */
function isCardNumber(written: string): boolean {
  const digits = written.replaceAll(/\D/g, '');
  if (!/^[3-6]/.test(digits) || /^(\d)\1+$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((all, digit, i) => {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
