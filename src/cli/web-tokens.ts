import { CoworkError } from '../protocol/errors.ts';
import { nearestName } from '../protocol/names.ts';
import { createToken, type ListedToken, listTokens, revokeToken } from '../web/tokens.ts';
import type { CommandArguments, Surroundings } from './command.ts';
import { table } from './print.ts';

const ACTIONS = ['create', 'list', 'revoke'];

/** `cowork web token create|list|revoke`: tokens with which scripts use the API of the dashboard. */
export async function runTokens(
  args: CommandArguments,
  { home, stdout, stderr }: Surroundings,
): Promise<undefined> {
  const { what = 'list', json } = args;
  const print = (value: unknown, text: string): void =>
    void stdout.write(json === true ? `${JSON.stringify(value)}\n` : text);
  switch (what) {
    case 'list': {
      const tokens = listTokens(home);
      print(tokens, render(tokens));
      return;
    }
    case 'create': {
      const name = nameIn(args);
      const rights = args.readOnly === true ? 'read' : 'full';
      const token = await createToken(home, name, rights);
      print({ name, rights, token }, `${token}\n`);
      if (json !== true)
        stderr.write(
          'It is shown now and never again. Send it as `Authorization: Bearer TOKEN`; it lasts until it is revoked.\n',
        );
      return;
    }
    case 'revoke': {
      const name = nameIn(args);
      await revokeToken(home, name);
      print({ revoked: name }, `The token "${name}" is worth nothing from now on.\n`);
      return;
    }
    default: {
      const nearest = nearestName(String(what), ACTIONS);
      const hint = nearest === undefined ? `It can ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`;
      throw new CoworkError('USAGE', `cowork web token can't ${String(what)}.`, { hint });
    }
  }
}

function nameIn({ what, name }: CommandArguments): string {
  if (typeof name === 'string') return name;
  throw new CoworkError('USAGE', 'Which token?', { hint: `cowork web token ${String(what)} NAME` });
}

const render = (tokens: readonly ListedToken[]): string =>
  tokens.length === 0
    ? 'There is no token. Make one: cowork web token create NAME\n'
    : table(
        ['TOKEN', 'MAY', 'MADE'],
        tokens.map(({ name, rights, created }) => [
          name,
          rights === 'read' ? 'look' : 'do all',
          created.slice(0, 10),
        ]),
      );
