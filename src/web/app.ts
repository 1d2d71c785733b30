import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { CoworkError, type ErrorCode, type ExitCode, toCoworkError } from '../protocol/errors.ts';
import { packageVersion } from '../store/package-root.ts';
import { openApiDocument } from './api/openapi.ts';
import { serveAsset } from './assets.ts';
import { addressOf, checkToken } from './check-token.ts';
import { type App, cookieName, type Desk, type Env } from './desk.ts';
import { refusalOf, SECURITY_HEADERS } from './guard.ts';
import { enterByPassphrase } from './network/enter.ts';
import { readBody } from './read-body.ts';
import { Enter } from './requests.ts';
import { addActRoutes } from './routes/acts.ts';
import { addArtifactRoutes } from './routes/artifacts.ts';
import { addChangeRoutes } from './routes/changes.ts';
import { addLogRoutes } from './routes/logs.ts';
import { addMachineRoutes } from './routes/machine.ts';
import { addStreamRoute } from './routes/stream.ts';
import { addTeamRoutes } from './routes/teams.ts';

/** Largest body of a request: a message of the largest size, and what JSON makes of it. */
const BODY_MAX = 4 * 1024 * 1024;
const STATUS: Record<ExitCode, 400 | 404 | 409 | 500 | 504> = { 1: 500, 2: 400, 3: 404, 4: 409, 5: 504 };

const OWN_STATUS: Partial<Record<ErrorCode, 401 | 403 | 429>> = {
  ...{ WEB_NO_SESSION: 401, WEB_TOKEN_REFUSED: 401, WEB_PASSPHRASE_NEEDED: 401, WEB_PASSPHRASE_WRONG: 401 },
  ...{ WEB_REFUSED: 403, WEB_READ_ONLY: 403, WEB_TOO_MANY: 429 },
};

/** The routes of the dashboard. Every request passes the guard; all below /api need a session. */
export function createApp(desk: Desk): App {
  const app: App = new Hono();
  const begin = (context: Context<Env>, secret: string): void => {
    const { isSecure } = desk.door();
    setCookie(context, cookieName(desk.door()), secret, {
      ...{ httpOnly: true, sameSite: 'Strict', path: '/', secure: isSecure },
    });
  };

  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    const { method, headers } = context.env.incoming;
    const refusal = refusalOf({ method: method ?? '', headers }, desk.door());
    if (refusal !== undefined) throw new CoworkError('WEB_REFUSED', refusal);
    return next();
  });
  app.use(
    bodyLimit({
      maxSize: BODY_MAX,
      onError: () => {
        throw new CoworkError('REQUEST_TOO_LARGE', `A request has at most ${BODY_MAX} bytes.`);
      },
    }),
  );

  app.get('/', async (context): Promise<Response> => {
    const token = context.req.query('token');
    if (token === undefined) return serveAsset(context, 'index.html');
    const secret = desk.sessions.enter(token);
    if (secret === undefined) return serveAsset(context, 'index.html', 403);
    begin(context, secret);
    // Away with the token: out of the address line before anything is loaded.
    return context.redirect('/', 303);
  });
  app.post('/enter', async (context) => {
    const { passphrase } = await readBody(context, Enter);
    begin(context, await enterByPassphrase(desk, passphrase, addressOf(context.env.incoming)));
    return context.json({});
  });
  // Beside the page, not below it: a worker rules over what is below its own address.
  app.get('/sw.js', (context) => serveAsset(context, 'sw.js'));
  app.get('/assets/:name', (context) => serveAsset(context, context.req.param('name')));

  app.use('/api/*', async (context, next) => {
    const { authorization } = context.env.incoming.headers;
    const rights =
      authorization === undefined
        ? desk.sessions.rightsOf(getCookie(context, cookieName(desk.door())))
        : checkToken(desk, authorization, addressOf(context.env.incoming));
    if (rights === undefined) {
      const code = desk.passphrase === undefined ? 'WEB_NO_SESSION' : 'WEB_PASSPHRASE_NEEDED';
      throw new CoworkError(code, 'This browser has no session.');
    }
    const isReading = context.req.method === 'GET' || context.req.method === 'HEAD';
    if (!isReading && rights === 'read')
      throw new CoworkError('WEB_READ_ONLY', 'This session may only look.');
    context.set('rights', rights);
    return next();
  });
  app.get('/api/openapi.json', (context) => context.json(openApiDocument(packageVersion())));
  addTeamRoutes(app, desk);
  addStreamRoute(app, desk);
  addActRoutes(app, desk);
  addArtifactRoutes(app, desk);
  addChangeRoutes(app, desk);
  addLogRoutes(app, desk);
  addMachineRoutes(app, desk);

  app.notFound(() => {
    throw new CoworkError('WEB_UNKNOWN', 'There is nothing at this address.');
  });
  app.onError((thrown, context) => {
    const error = toCoworkError(thrown);
    const status = OWN_STATUS[error.code] ?? STATUS[error.exitCode];
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    if (error.code === 'WEB_TOKEN_REFUSED') context.header('www-authenticate', 'Bearer');
    if (error.code === 'WEB_TOO_MANY') {
      const waitMs = desk.attempts.waitMs(addressOf(context.env.incoming));
      context.header('retry-after', String(Math.ceil(waitMs / 1000)));
    }
    return context.json(error.toJSON(), status);
  });
  return app;
}
