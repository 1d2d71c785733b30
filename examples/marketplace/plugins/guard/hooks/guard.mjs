// A PreToolUse hook: reads the call as JSON on stdin; exit 2 refuses it, with the reason on stderr.
import { text } from 'node:stream/consumers';

const { tool_input: input = {} } = JSON.parse(await text(process.stdin));
if (/\brm\s+(-\w*[rR]\w*|--recursive)\b/.test(String(input.command ?? ''))) {
  process.stderr.write('Deleting folders is not allowed here. Move them to /workspace instead.\n');
  process.exitCode = 2;
}
