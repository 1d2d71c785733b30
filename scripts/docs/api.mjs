import { packageVersion } from '../../src/store/package-root.ts';
import { openApiDocument } from '../../src/web/api/openapi.ts';
import { ROUTES } from '../../src/web/api/routes.ts';
import { table } from './table.mjs';

/** The API of the dashboard: for programs, and for people. */
export const apiPages = () => [
  {
    file: 'docs/schemas/openapi.json',
    source: 'src/web/api',
    text: `${JSON.stringify(openApiDocument(packageVersion()), null, 1)}\n`,
  },
  { file: 'docs/api.md', source: 'src/web/api', text: page() },
];

const rows = ROUTES.map(({ method, path, does, query, body, command }) => [
  method === 'get' ? 'GET' : 'POST',
  `\`${path.replaceAll(/:(\w+)/g, (_, name) => name.toUpperCase())}\``,
  does,
  fields(query ?? body),
  command === undefined ? '' : `\`${command}\``,
]);

function fields(shape) {
  return Object.entries(shape?.shape ?? {})
    .map(([name, field]) => `\`${name}${field.safeParse(undefined).success ? '?' : ''}\``)
    .join(' ');
}

function page() {
  return `# The API

Made by \`npm run docs\` from \`src/web/api\`. What the [dashboard](web.md) shows and does goes through this API, and nothing else does; scripts use it with a token. The whole of it, with all shapes, is an
OpenAPI document (3.1): [openapi.json](schemas/openapi.json), which the server also gives at \`/api/openapi.json\`.

## With a token
\`\`\`sh
TOKEN=$(npx cowork web token create nightly --read-only)
npx cowork web --port 4664 > web.log &
curl --fail --silent --retry 30 --retry-delay 1 --retry-connrefused --header "Authorization: Bearer $TOKEN" http://127.0.0.1:4664/api/teams
kill $!
\`\`\`

- A token lasts until \`cowork web token revoke NAME\`, which counts from the next request on. With \`--read-only\` it can change nothing. \`cowork web token list\` tells which there are.
- It is shown once. The file \`web-tokens.json\` in the home, which only you can read, has its hash.
- It goes into the header \`Authorization\` and nowhere else: no cookie is looked at beside it, and none is set. No page of a browser can send it from elsewhere.
- After five wrong ones each further one makes its address wait twice as long, from 1 s to 10 min (\`429\`, \`Retry-After\`). A right one always passes.
- What is posted is JSON, and says so (\`content-type: application/json\`).

Errors are those of the command line: \`{"error":{"code","message","hint"}}\`, with 400 for wrong use, 401 and 403 for who may not, 404 for what is not there, 409 for what is refused, 429 for too
many, 504 for what did not end in time; the codes are in [errors](errors.md).

## Addresses
${table(['', 'address', 'gives or does', 'takes', 'as'], rows)}`;
}
