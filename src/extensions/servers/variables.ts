/** `${NAME}`, `${NAME:-default}`, `${user_config.KEY}`. */
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*|user_config\.[A-Za-z0-9_-]+)(?::-([^}]*))?\}/g;

/**
 * A text with its variables filled in. What has neither a value nor a default stays as it stands there, and is told to
 * `onUnset`.
 */
export function fillVariables(
  text: string,
  valueFor: (name: string) => string | undefined,
  onUnset: (name: string) => void = () => {},
): string {
  return text.replaceAll(VARIABLE, (whole, name: string, usual?: string) => {
    const value = valueFor(name);
    // As shells read `:-`: an empty value counts as none.
    if (value !== undefined && (value !== '' || usual === undefined)) return value;
    if (usual !== undefined) return usual;
    onUnset(name);
    return whole;
  });
}

/** Names of all variables in these texts. */
export function variablesIn(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(VARIABLE)].map((match) => match[1] ?? '')))];
}
