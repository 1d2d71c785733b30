import { writeFile } from 'node:fs/promises';
import { CoworkError, toCoworkError } from '../../protocol/errors.ts';
import { FILE_MODE } from '../../store/folders.ts';
import { readSettings } from '../../team/settings.ts';
import { plainText } from '../../text/plain.ts';
import { type Check, checkMachines } from '../../vm/checks.ts';
import { checkHome } from '../check-home.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ json, bundle }, { env, home, stdout }) => {
  const checks = [
    checkNode(),
    ...checkHome(home),
    checkSettings(home),
    ...(await checkMachines(env)),
    checkModel(env),
  ];
  const ok = checks.every((check) => check.ok);
  if (typeof bundle === 'string') {
    const { makeBundle } = await import('../bundle.ts');
    const text = `${JSON.stringify(makeBundle({ home, env, checks }), null, 2)}\n`;
    await writeFile(bundle, text, { flag: 'wx', mode: FILE_MODE }).catch((cause: unknown) => {
      throw new CoworkError('USAGE', `${bundle} can't be written.`, {
        hint: 'Name a file that is not there yet, in a folder that is.',
        cause,
      });
    });
  }
  stdout.write(json ? `${JSON.stringify({ ok, checks })}\n` : render(checks, ok));
  if (typeof bundle === 'string' && json !== true)
    stdout.write(`A report for whoever helps you is in ${bundle}. Read it before you give it away.\n`);
  return ok ? 0 : 1;
};

/** Settings that are wrong stop a launch and each request to the user. */
function checkSettings(home: string): Check {
  const name = 'settings';
  try {
    const set = Object.keys(readSettings(home));
    return { name, ok: true, detail: set.length === 0 ? 'none' : set.join(', '), hint: '' };
  } catch (error) {
    const { message, hint } = toCoworkError(error);
    return { name, ok: false, detail: message, hint };
  }
}

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
