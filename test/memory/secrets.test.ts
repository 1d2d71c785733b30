import { expect, test } from 'vitest';
import { whatLooksSecret } from '../../src/memory/secrets.ts';

// Put together here, so that no scanner takes this file for a leak.
const made = (...parts: string[]) => parts.join('');

test.each([
  made('sk-', 'ant-api03-', 'abcdefghijklmnop1234'),
  made('AKIA', 'IOSFODNN7EXAMPLE'),
  made('ghp', '_abcdefghijklmnopqrstuvwxyz0123456789'),
  made('github', '_pat_11ABCDEFG0abcdefghij_klm'),
  made('glpat', '-abcdefghij1234567890'),
  made('xoxb', '-1234567890-abcdefghij'),
  made('AIza', 'SyA1234567890abcdefghijklmnopqrstu'),
  made('-----BEGIN ', 'RSA PRIVATE KEY-----'),
  made('eyJhbGciOiJIUzI1', '.eyJzdWIiOiIxMjM0', '.SflKxwRJSMeKKF2QT4'),
  made('postgres://admin:', 'hunter22@db.example.com/app'),
  made('Authorization: ', 'Bearer abcdef1234567890'),
  made('pass', 'word: hunter2hunter2'),
  made('The database pass', 'word is hunter2hunter2'),
  made('API', '_KEY=abcdef123456'),
  made('"client_sec', 'ret": "abcdef123456"'),
  made('Card 4111 1111', ' 1111 1111'),
])('%j looks secret', (text) => {
  expect(whatLooksSecret(`Some words.\n${text}\nmore`)).toBeTypeOf('string');
});

test.each([
  'The password is kept in the vault of the team.',
  'API keys are read from the environment; set API_KEY=$MY_KEY.',
  'Use the token <YOUR TOKEN> of the CI.',
  'The secret is in Bitwarden, not in files.',
  'Invoice numbers look like 2024-0001-7781-0000.',
  'git commit 3f786850e387550fdab836ed7e6dc881de23001b broke the build',
  'Call +49 30 1234567 for access.',
  'See https://example.com/a:b@c and user@example.com',
])('%j does not', (text) => {
  expect(whatLooksSecret(text)).toBeUndefined();
});
