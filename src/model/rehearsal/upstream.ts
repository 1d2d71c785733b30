import { setTimeout as delay } from 'node:timers/promises';
import { apiError, wholeResponse } from '../api-error.ts';
import type { ModelRequest, ModelResponse, Upstream } from '../upstream.ts';
import { contentOf, messageOf, streamMessage } from './message.ts';
import { type Played, type Player, rehearsalPlayer } from './player.ts';
import { BadRequest, type CreateRequest, parseCount, parseCreate } from './request.ts';
import type { Rehearsal, RehearsalContext } from './script.ts';
import { promptTokens, usageOf } from './tokens.ts';

/** Thinking time before each turn in milliseconds, when neither the script nor the context says. */
const PACE = 100;

/** An upstream that asks no model: it plays `rehearsal` through the shapes of the Messages API. */
export function rehearsalUpstream(rehearsal: Rehearsal, context: RehearsalContext): Upstream {
  const paceMs = context.paceMs ?? rehearsal.paceMs ?? PACE;
  return playedUpstream({ player: rehearsalPlayer(rehearsal), context, paceMs }, rehearsal.title);
}

/** An upstream whose answers are played, whoever knows them. */
export function playedUpstream(stage: Omit<Stage, 'paceMs'> & { paceMs?: number }, title: string): Upstream {
  return {
    kind: 'rehearsal',
    label: `rehearsal: ${title}`,
    async send(request) {
      try {
        return await answer(request, { paceMs: PACE, ...stage });
      } catch (error) {
        if (error instanceof BadRequest) return apiError(400, error.message);
        throw error; // the request was aborted
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

interface Stage {
  player: Player;
  context: RehearsalContext;
  paceMs: number;
}

async function answer(request: ModelRequest, { player, context, paceMs }: Stage): Promise<ModelResponse> {
  const { path, headers, body, agent, signal } = request;
  if (!headers['anthropic-version']) return apiError(400, 'anthropic-version: header is required');
  if (path === '/v1/messages/count_tokens') {
    return wholeResponse(200, JSON.stringify({ input_tokens: promptTokens(parseCount(body)) }));
  }
  if (path !== '/v1/messages') return apiError(404, 'Not found');
  const create = parseCreate(body);
  const played = player.play({ ...context, name: agent.name, role: agent.role }, create.messages);
  checkCalls(played, create);
  const message = messageOf(played, usageOf(create, contentOf(played)));
  const requestId = { 'request-id': `req_${played.digest.slice(0, 24)}` };
  await delay(paceMs, undefined, { signal });
  if (!create.stream) return wholeResponse(200, JSON.stringify(message), requestId);
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...requestId,
    },
    body: streamMessage(message, signal),
  };
}

/** A script may only call what the agent offers; anything else is a mistake in the script. */
function checkCalls({ calls }: Played, { tools = [] }: CreateRequest): void {
  const offered = tools.flatMap(({ name }) => name ?? []);
  const unknown = calls.find(({ name }) => !offered.includes(name));
  if (unknown) {
    throw new BadRequest(
      `The rehearsal calls the tool ${unknown.name}, but the agent offers ${offered.join(', ') || 'none'}.`,
    );
  }
}
