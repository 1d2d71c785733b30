import { z } from 'zod';
import type { Notes } from '../finding.ts';
import { usableName } from './names.ts';
import { isObject, kindOf } from './text.ts';

const person = z.union([
  z.string(),
  z.looseObject({ name: z.string().optional(), email: z.string().optional(), url: z.string().optional() }),
]);
const paths = z.union([z.string(), z.array(z.string())]);
const pathsOrTable = z.union([paths, z.looseObject({}), z.array(z.union([z.string(), z.looseObject({})]))]);

/** The fields of plugin.json that are known, as the public format has them (August 2026). */
const FIELDS = {
  $schema: z.string(),
  name: z.string(),
  displayName: z.string(),
  version: z.string(),
  description: z.string(),
  author: person,
  homepage: z.string(),
  repository: z.union([z.string(), z.looseObject({})]),
  license: z.string(),
  keywords: z.union([z.array(z.string()), z.string()]),
  metadata: z.looseObject({}),
  defaultEnabled: z.boolean(),
  skills: paths,
  commands: pathsOrTable,
  agents: paths,
  workflows: paths,
  hooks: pathsOrTable,
  mcpServers: pathsOrTable,
  outputStyles: paths,
  lspServers: pathsOrTable,
  experimental: z.looseObject({}),
  userConfig: z.record(z.string(), z.looseObject({})),
  channels: z.array(z.looseObject({})),
  dependencies: z.array(
    z.union([
      z.string(),
      z.looseObject({ name: z.string(), version: z.string().optional(), marketplace: z.string().optional() }),
    ]),
  ),
} as const;

export type Manifest = { -readonly [Field in keyof typeof FIELDS]?: z.infer<(typeof FIELDS)[Field]> };

/** Fields that only an entry of a marketplace has. */
const ENTRY_FIELDS = new Set(['source', 'category', 'tags', 'strict', 'id']);

/**
 * Reads a manifest. A field that is not known is ignored with a warning, a known field of the wrong type refuses the
 * plugin; the other fields are read all the same.
 */
export function readManifest(
  value: unknown,
  file: string,
  notes: Notes,
  { isEntry = false }: { isEntry?: boolean } = {},
): Manifest {
  if (!isObject(value)) {
    notes.refuse(file, `holds ${kindOf(value)}, not an object`);
    return {};
  }
  const manifest: Record<string, unknown> = {};
  for (const [field, given] of Object.entries(value)) {
    const schema = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof typeof FIELDS] : undefined;
    if (schema === undefined) {
      if (!(isEntry && ENTRY_FIELDS.has(field)))
        notes.warn(file, `the field ${JSON.stringify(field)} is not known and was ignored`);
      continue;
    }
    const result = schema.safeParse(given);
    if (result.success) manifest[field] = result.data;
    else notes.refuse(file, `the field "${field}" can't be ${whatIsWrong(given, result.error)}`);
  }
  return manifest as Manifest; // every field was checked by its schema above
}

/** The name to use for a plugin, of what its manifest says; undefined, with a finding, when none can be made of it. */
export function pluginName(given: string | undefined, file: string, notes: Notes): string | undefined {
  if (given === undefined) {
    notes.refuse(file, 'there is no "name"');
    return undefined;
  }
  if (/[/\\\u0000-\u001f]|^\.\.?$/.test(given)) {
    notes.refuse(file, `the name ${JSON.stringify(given)} is a path`);
    return undefined;
  }
  const name = usableName(given);
  if (name === '') {
    notes.refuse(file, `no name can be made of ${JSON.stringify(given)}`);
    return undefined;
  }
  if (name !== given)
    notes.warn(
      file,
      `the name ${JSON.stringify(given)} can't be typed; it is used as ${JSON.stringify(name)}`,
    );
  return name;
}

/** The user's first question about a value of the wrong type: what is it, and where. */
function whatIsWrong(given: unknown, error: z.ZodError): string {
  const inner = error.issues.find(({ path }) => path.length > 0);
  return inner === undefined ? kindOf(given) : `${kindOf(given)} with a wrong ${inner.path.join('.')}`;
}
