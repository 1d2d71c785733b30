import { z } from 'zod';
import * as answers from './answers.ts';
import { ROUTES, type Route } from './routes.ts';

type Json = Record<string, unknown>;

/** The API as an OpenAPI document (specification 3.1.1), made from the shapes that the server itself goes by. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of ROUTES) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route, path) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'cowork',
      version,
      description:
        'What the dashboard asks its server for. Scripts use it with a token of `cowork web token create NAME`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'cowork_PORT', description: 'What the page has.' },
      },
    },
  };
}

function operationOf({ does, query, body, gives, command, method }: Route, path: string): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
  const { properties = {}, required = [] } =
    query === undefined ? {} : z.toJSONSchema(query, { io: 'input' });
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema },
  }));
  const parameters = [...inPath, ...inQuery];
  return {
    operationId: [method, ...path.split('/').slice(2)].join('_').replaceAll(/[{}]|\.json/g, ''),
    summary: does,
    ...(command === undefined ? {} : { 'x-command-line': command }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json(bare(z.toJSONSchema(body, { io: 'input' }))) } }),
    responses: {
      ...(gives === 'socket'
        ? { 101: { description: does } }
        : { 200: { description: does, content: contentOf(gives) } }),
      default: { description: 'why not, in the words of the command line', content: json(refTo('Refusal')) },
    },
  };
}

function contentOf(gives: Exclude<Route['gives'], 'socket'>): Json {
  if (gives === 'file') return { 'application/octet-stream': {} };
  if (gives === 'page') return { 'text/html': { schema: { type: 'string' } } };
  if (gives === 'stream')
    return {
      'text/event-stream': {
        schema: { type: 'string', description: 'The data of each event is a TeamEvent.' },
      },
    };
  return json(gives === 'document' ? { type: 'object' } : refTo(gives));
}

const json = (schema: unknown): Json => ({ 'application/json': { schema } });
const refTo = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** All answers by name, with what they share as references. */
function schemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [name, shape] of Object.entries(answers)) registry.add(shape as z.ZodType, { id: name }); // they are nothing else
  const made = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(made.schemas).map(([name, schema]) => [name, bare(schema)]));
}

/** Without what a part of a document does not say. */
const bare = ({ $schema: _, $id: _id, ...schema }: Json): Json => schema;
