import { expect, test } from 'vitest';
import { guarded, unguarded } from '../../src/cli/guarded-words.ts';
import { settleEnvironment } from '../../src/cli/settled-environment.ts';
import { COMMANDS } from '../../src/cli/table.ts';
import { assertCommand } from '../../src/cli/usage.ts';
import { openDesk } from '../support/cowork.ts';

test('what is missing, too much or not known is named in the words of the command line', async () => {
  const { refusal } = openDesk();
  const said = async (...words: string[]) => {
    const { exit, code, message, hint } = await refusal(...words);
    expect({ words, exit, code }).toEqual({ words, exit: 2, code: 'USAGE' });
    return `${message} ${hint}`;
  };
  const all = await Promise.all([
    said('send', 'ada'),
    said('send', 'ada', '-x'),
    said('send', 'ada', 'two', 'words'),
    said('send', 'ada', 'x', '--prio', 'note'),
    said('send', 'ada', 'x', '--priority', 'now'),
    said('broadcast', 'x', '--priority'),
    said('launch', 'x', '--budget', '-1', '--sandbox', 'none'),
    said('status', '-x'),
  ]);
  expect(all).toEqual([
    'cowork send needs AGENT and TEXT. cowork send AGENT TEXT.',
    'cowork send needs AGENT and TEXT. cowork send AGENT TEXT. What begins with a dash and is no flag goes behind --.',
    '"words" is one word too many. A text of several words goes in quotes. See `cowork send --help`.',
    'cowork send knows no --prio. Did you mean --priority?',
    '--priority can\'t be "now". It can be note, steer, interrupt.',
    '--priority needs a value. See `cowork broadcast --help`.',
    '--budget takes a number above 0. See `cowork launch --help`.',
    'cowork status knows no -x. See `cowork status --help`.',
  ]);
});

test('a flag in front of the command is told from a command that is missing', () => {
  expect(() => assertCommand(['--json', 'status'])).toThrow('--json stands before the command.');
  expect(() => assertCommand(['--json'])).toThrow('Which command?');
  expect(() => assertCommand(['status'])).not.toThrow();
});

test('no flag that takes a value is taken without one', () => {
  const loose = COMMANDS.flatMap(({ name, options = {} }) =>
    Object.entries(options)
      .filter(([, option]) => option.type !== 'boolean' && option.requiresArg !== true)
      .map(([flag]) => `${name} --${flag}`),
  );
  expect(loose).toEqual([]);
});

test('a text that begins with a dash and has a blank is no flag, wherever it stands', () => {
  const words = ['send', 'ada', '- first this', '--job=sort the mail', '-t', 'x', '-', '--', '--json'];
  expect(guarded(words)).toEqual([
    ...['send', 'ada', '\u0001- first this', '--job=sort the mail', '-t', 'x', '\u0001-', '\u0001--json'],
  ]);
  expect(unguarded({ text: '\u0001- first this', list: ['\u0001-'] })).toEqual({
    text: '- first this',
    list: ['-'],
  });
});

test('an empty variable is as good as none, and a log level that there is not is refused', () => {
  const env = { COWORK_LOG_LEVEL: '', COWORK_SANDBOX: ' ', ANTHROPIC_BASE_URL: '', NO_COLOR: '', PATH: '' };
  settleEnvironment(env);
  expect(env).toEqual({ PATH: '' });
  expect(() => settleEnvironment({ COWORK_LOG_LEVEL: 'verbose' })).toThrow('"verbose"');
});
