/** Tokens that a model takes in. Source: https://platform.claude.com/docs/en/about-claude/models, autumn 2026. */
const LARGE = 1_000_000;
const USUAL = 200_000;

/** The context of a model in tokens; `asked` is what the user says of it (`COWORK_CONTEXT_TOKENS`) and wins. */
export function contextTokens(model: string, asked: string | undefined): number {
  const said = Number(asked);
  if (Number.isInteger(said) && said >= 1_000) return said;
  const version = /^claude-(opus|sonnet|fable|mythos)-(\d+)(?:-(\d{1,2}))?(?:-|$)/.exec(model);
  if (version === null) return USUAL;
  const major = Number(version[2]);
  return major > 4 || (major === 4 && Number(version[3] ?? 0) >= 6) ? LARGE : USUAL;
}
