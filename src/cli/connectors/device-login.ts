import { setTimeout as delay } from 'node:timers/promises';
import { discoverOAuthServerInfo, registerClient } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { wantsOf } from '../../extensions/connectors/challenge.ts';
import { clientMetadata, DEVICE_GRANT, readLogin } from '../../extensions/connectors/oauth.ts';
import type { LoginContext } from './login-context.ts';

/** Answers of the device authorization and token endpoints (RFC 8628, sections 3.2 and 3.5). */
const Device = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().optional(),
  interval: z.number().optional(),
});
const Granted = z.looseObject({ access_token: z.string(), token_type: z.string() });
const Refused = z.object({ error: z.string() });

/** Logs in with a code that the person types on a device with a browser (RFC 8628). */
export async function deviceLogin(context: LoginContext): Promise<void> {
  const { secrets, name, url, fetch, oauth, clientSecret, say, signal } = context;
  const wants = await wantsOf(context, signal);
  const { authorizationServerUrl, authorizationServerMetadata, resourceMetadata } =
    await discoverOAuthServerInfo(url, {
      fetchFn: fetch,
      ...(wants.metadata !== null && { resourceMetadataUrl: wants.metadata }),
    });
  const endpoints = z
    .looseObject({ device_authorization_endpoint: z.url(), token_endpoint: z.url(), issuer: z.string() })
    .safeParse(authorizationServerMetadata);
  if (!endpoints.success || authorizationServerMetadata === undefined)
    throw new Error('the service gives no codes for other devices; log in without --device');
  const { device_authorization_endpoint: ask, token_endpoint: token, issuer } = endpoints.data;
  const client =
    oauth?.clientId ??
    (
      await registerClient(authorizationServerUrl, {
        metadata: authorizationServerMetadata,
        clientMetadata: clientMetadata('http://127.0.0.1/callback', oauth?.scopes ?? null),
        fetchFn: fetch,
      })
    ).client_id;
  const scope = oauth?.scopes ?? wants.scope ?? resourceMetadata?.scopes_supported?.join(' ');
  const resource = resourceMetadata?.resource ?? url.href;
  const post = async (to: string, fields: Record<string, string>): Promise<unknown> =>
    (await fetch(to, { method: 'POST', body: new URLSearchParams(fields), signal })).json();
  const common = {
    client_id: client,
    resource,
    ...(clientSecret !== null && { client_secret: clientSecret }),
  };
  const device = Device.parse(await post(ask, { ...common, ...(scope ? { scope } : {}) }));
  say(`Open ${device.verification_uri} on any device and enter the code ${device.user_code}\n`);
  for (let seconds = device.interval ?? 5; ; ) {
    await delay(seconds * 1000, undefined, { signal });
    const answer = await post(token, {
      ...common,
      grant_type: DEVICE_GRANT,
      device_code: device.device_code,
    });
    const granted = Granted.safeParse(answer);
    if (granted.success) {
      const record = await readLogin(secrets, name);
      const { refresh_token: renew, ...rest } = granted.data;
      const tokens = { ...rest, ...(typeof renew === 'string' ? { refresh_token: renew } : {}), issuer };
      await secrets.set(name, {
        ...record,
        clients: { ...record.clients, [issuer]: { client_id: client } },
        tokens,
      });
      return;
    }
    const { error } = Refused.parse(answer);
    if (error === 'slow_down') seconds += 5;
    else if (error !== 'authorization_pending')
      throw new Error(`the service refused: ${error.slice(0, 200)}`);
  }
}
