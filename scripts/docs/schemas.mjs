import { z } from 'zod';
import { FORMAT } from '../../src/protocol/format.ts';

/** The JSON Schemas of what the files of a team hold. */
export function schemaPages() {
  return Object.entries(FORMAT).map(([name, shape]) => ({
    file: `docs/schemas/${name}.json`,
    source: 'src/protocol/format.ts',
    text: `${JSON.stringify(z.toJSONSchema(shape), null, 1)}\n`,
  }));
}
