import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../../src/web/api/openapi.ts';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

const document = openApiDocument('0.0.0');
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, 'api');

const OPERATIONS = Object.entries(document.paths as Record<string, Record<string, Operation>>)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method, operation, form: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) },
      isPlain: !path.includes('{'),
    })),
  )
  .sort((a, b) => Number(b.isPlain) - Number(a.isPlain));

/** What of an answer is not as the document of the API says; below /api there are no answers but documented ones. */
export function faultsOf(method: string, path: string, status: number, json: unknown): string[] {
  const [at = ''] = path.split('?');
  if (status !== 200) return faultsAgainst('#/components/schemas/Refusal', json);
  if (!at.startsWith('/api/')) return [];
  const found = OPERATIONS.find(({ method: own, form }) => own === method.toLowerCase() && form.test(at));
  if (found === undefined) return ['it is not in the document'];
  const schema = found.operation.responses[200]?.content?.['application/json']?.schema;
  if (schema === undefined) return ['the document says that it is no JSON'];
  return '$ref' in schema ? faultsAgainst(String(schema.$ref), json) : [];
}

export const faultsOfEvent = (event: unknown): string[] =>
  faultsAgainst('#/components/schemas/TeamEvent', event);

function faultsAgainst(ref: string, value: unknown): string[] {
  const validate = ajv.getSchema(`api${ref}`);
  if (validate === undefined) return [`the document has no ${ref}`];
  return validate(value) === true ? [] : [ajv.errorsText(validate.errors)];
}
