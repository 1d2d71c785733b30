import { plainText } from '../../text/plain.ts';
import { type Check, checkMachines } from '../../vm/checks.ts';
import { checkHome } from '../check-home.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ json }, { env, home, stdout }) => {
  const checks = [checkNode(), ...checkHome(home), ...(await checkMachines(env)), checkModel(env)];
  const ok = checks.every((check) => check.ok);
  stdout.write(json ? `${JSON.stringify({ ok, checks })}\n` : render(checks, ok));
  return ok ? 0 : 1;
};

function checkNode(): Check {
  return { name: 'node', ok: true, detail: `${process.version} at ${process.execPath}`, hint: '' };
}

/** Having no model is no fault: rehearsals need none. It is told, with the ways to have one. */
function checkModel(env: NodeJS.ProcessEnv): Check {
  const detail = env.ANTHROPIC_BASE_URL
    ? `models are asked at ${hostOf(env.ANTHROPIC_BASE_URL)} (ANTHROPIC_BASE_URL)`
    : env.ANTHROPIC_API_KEY
      ? 'ANTHROPIC_API_KEY is set; models are asked at Anthropic'
      : 'neither ANTHROPIC_API_KEY nor ANTHROPIC_BASE_URL is set: only rehearsals work (--rehearsal FILE)';
  return { name: 'model', ok: true, detail, hint: '' };
}

/** A user and password may stand in an address: what is shown is the host. */
function hostOf(address: string): string {
  return URL.parse(address)?.host || 'an address that is none';
}

function render(checks: readonly Check[], ok: boolean): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, ok: isFine, detail, hint }) => {
    const cure = hint === '' ? '' : `\n  ${' '.repeat(width)}    do: ${plainText(hint)}`;
    return `${isFine ? 'ok  ' : 'FAIL'}  ${name.padEnd(width)}  ${plainText(detail)}${cure}\n`;
  });
  return `${lines.join('')}\n${ok ? 'Teams can run here, each agent in a virtual machine of its own.' : 'Teams in virtual machines can not run here until what failed is mended.'}\n`;
}
