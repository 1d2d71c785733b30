/** Environment variables whose values are secrets, by their names. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL/i;
/** Shorter values are words that stand anywhere. */
const SECRET_MIN = 8;

/** Secrets that are known by how they look. */
const SHAPES = [
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[A-Za-z0-9_-]{16,}/g,
  /\bA(?:KIA|SIA)[A-Z0-9]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=\b(?:authorization|x-api-key|cookie)["']?\s*[:=]\s*["']?(?:bearer |basic )?)[^\s"'\\]{8,}/gi,
  /(?<=:\/\/[^\s:/@]+:)[^\s:/@]+(?=@)/g,
];

const MASK = '[secret removed]';

/** Removes secrets from texts: those of the environment, wherever they stand, and whatever looks like one. */
export function secretRemover(env: NodeJS.ProcessEnv): (text: string) => string {
  const values = Object.entries(env)
    .flatMap(([name, value]) =>
      SECRET_NAME.test(name) && value !== undefined && value.trim().length >= SECRET_MIN
        ? [value.trim()]
        : [],
    )
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const known = values.reduce((now, value) => now.replaceAll(value, MASK), text);
    return SHAPES.reduce((now, shape) => now.replaceAll(shape, MASK), known);
  };
}
