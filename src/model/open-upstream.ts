import { basename } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import type { Places } from './recording/plain.ts';
import type { RehearsalContext } from './rehearsal/script.ts';
import type { Upstream } from './upstream.ts';

export interface UpstreamOptions {
  env: NodeJS.ProcessEnv;
  /** File of a rehearsal script; it wins over key and base URL. */
  rehearsal?: string | undefined;
  /** What the rehearsal's script may know about the team. */
  context: RehearsalContext;
  /** What a recording calls this team's folders; only needed to play one. */
  places?: Places;
}

const NO_WAY =
  'there is neither a key, nor a base URL, nor a rehearsal, so nothing can answer for the agents';

/**
 * Opens what answers the model requests of a team: a rehearsal when one is named, else the server at the base
 * URL, else Anthropic. Errors: MODEL_NOT_CONFIGURED, MODEL_KEY_INVALID, MODEL_URL_INVALID, REHEARSAL_INVALID.
 */
export async function openUpstream({
  env,
  rehearsal,
  context,
  places = { folders: [] },
}: UpstreamOptions): Promise<Upstream> {
  if (rehearsal !== undefined && (await isRecording(rehearsal)))
    return openRecording(rehearsal, env, context, places);
  if (rehearsal !== undefined) {
    const [{ loadRehearsal }, { rehearsalUpstream }] = await Promise.all([
      import('./rehearsal/load.ts'),
      import('./rehearsal/upstream.ts'),
    ]);
    return rehearsalUpstream(await loadRehearsal(rehearsal), context);
  }
  const key = env.ANTHROPIC_API_KEY?.trim() || undefined;
  const baseUrl = env.ANTHROPIC_BASE_URL?.trim() || undefined;
  if (key === undefined && baseUrl === undefined) throw new CoworkError('MODEL_NOT_CONFIGURED', NO_WAY);
  const { httpUpstream } = await import('./http-upstream.ts');
  return httpUpstream({ key, baseUrl });
}

/** A file that can't be read is left to whoever plays scripts, and says why. */
async function isRecording(file: string): Promise<boolean> {
  const { looksRecorded } = await import('./recording/exchange.ts');
  return looksRecorded(file);
}

async function openRecording(
  file: string,
  env: NodeJS.ProcessEnv,
  context: RehearsalContext,
  places: Places,
): Promise<Upstream> {
  const [{ readRecording }, { recordingPlayer }, { secretRemover }, { playedUpstream }] = await Promise.all([
    import('./recording/exchange.ts'),
    import('./recording/player.ts'),
    import('./recording/secrets.ts'),
    import('./rehearsal/upstream.ts'),
  ]);
  const player = recordingPlayer({
    exchanges: readRecording(file),
    places,
    withoutSecrets: secretRemover(env),
  });
  return playedUpstream({ player, context }, `recording ${basename(file)}`);
}
