import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, extname, resolve, sep } from 'node:path';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import { type GateClient, GateRefusal } from './gate-client.ts';
import { refusal } from './refuse.ts';
import { upload } from './upload.ts';

const MIB = 1024 * 1024;
/** The keeper takes no larger artifact; told before it is read and sent. */
const SIZE_MAX = 64 * MIB;

/** The tool that hands a file to the user, as it is now: the keeper keeps a copy with the team. */
export function presentTool(gate: GateClient, workspace: string, roots: readonly string[]): BetaRunnableTool {
  return {
    type: 'custom',
    name: 'present',
    description:
      'Shows a file to the user as a result of the job: a report, table, page or document. A copy is kept with the team as it is now; present it again under the same title when there is a better version.',
    input_schema: {
      type: 'object',
      properties: {
        path: { type: 'string' },
        title: { type: 'string', description: 'What it is, for the user, in a few words.' },
        kind: {
          type: 'string',
          description: 'markdown, table, html, image, document … (default: by its name).',
        },
      },
      required: ['path', 'title'],
      additionalProperties: false,
    },
    parse: (input) => input,
    run: async ({ path, title, kind }: { path?: unknown; title?: unknown; kind?: unknown }) => {
      if (typeof path !== 'string' || typeof title !== 'string' || title.trim() === '') {
        throw refusal('REQUEST_INVALID', 'path and title: texts are needed', 'Mend what the message names.');
      }
      const file = await realpath(resolve(workspace, path)).catch(() => {
        throw refusal(
          'REQUEST_INVALID',
          `There is no file ${path}.`,
          'Give the path of a file that is there.',
        );
      });
      const allowed = await Promise.all(
        [workspace, ...roots].map((root) => realpath(root).catch(() => root)),
      );
      if (!allowed.some((root) => file === root || file.startsWith(root + sep))) {
        throw refusal(
          'REQUEST_INVALID',
          `${path} is neither in your scratch folder nor in a granted folder.`,
          'Copy it to one of them first.',
        );
      }
      const found = await stat(file);
      if (!found.isFile())
        throw refusal(
          'REQUEST_INVALID',
          `${path} is no file.`,
          'Present its files one by one, or pack them first.',
        );
      if (found.size > SIZE_MAX)
        throw refusal(
          'REQUEST_TOO_LARGE',
          `${path} has ${Math.ceil(found.size / MIB)} MiB; an artifact has at most ${SIZE_MAX / MIB}.`,
          'Leave it in a granted folder, and present what a person reads of it: a summary, a part, a smaller picture.',
        );
      const asked = typeof kind === 'string' ? kind : extname(file).slice(1) || 'file';
      const as = { name: basename(file), title: title.trim().slice(0, 200), kind: asked.slice(0, 40) };
      try {
        return JSON.stringify(await upload(gate, createReadStream(file), as));
      } catch (error) {
        if (error instanceof GateRefusal) throw new ToolError(error.body);
        throw error;
      }
    },
  };
}
