import os from 'node:os';
import { expect, test } from 'vitest';
import { redactForReport, redactValue } from '../../../services/diagnostics/redact-report.ts';

test.each([
  ['key sk-ant-api03-AbCdEfGhIjKlMnOp', 'key [secret]'],
  ['ghp_abcdefghijklmnopqrst', '[secret]'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer [secret]'],
  ['https://me:hunter22@example.com/x', 'https://me:[secret]@example.com/x'],
  ['export API_KEY=abc', 'export API_KEY=[secret]'],
  ['{"accessToken": "abc", "user": "me"}', '{"accessToken": [secret], "user": "me"}'],
  ["DB_PASSWORD='a b c' next", 'DB_PASSWORD=[secret] next'],
  ['/home/alice/src/a.ts:3', '~/src/a.ts:3'],
  ['/Users/bob/x', '~/x'],
  [`${os.homedir()}/.missiond`, '~/.missiond'],
  ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----', '[secret]'],
  ['AWS_SECRET_ACCESS_KEY=abcd/efg+h1 x', 'AWS_SECRET_ACCESS_KEY=[secret] x'],
  ['x-api-key: abcdef', 'x-api-key: [secret]'],
  ['private_key: abc', 'private_key: [secret]'],
  ['Cookie: session=abc; theme=dark\nnext', 'Cookie: [secret]\nnext'],
  ['"args":["--token","abcd1234efgh","-v"]', '"args":["--token",[secret],"-v"]'],
  ['gh --token abcd1234 -v', 'gh --token [secret] -v'],
  [String.raw`{\"token\":\"abcdef123456\",\"a\":1}`, String.raw`{\"token\":[secret],\"a\":1}`],
])('%j becomes %j', (text, expected) => {
  expect(redactForReport(text)).toBe(expected);
});

test.each(['46 tokens', '✻ Brewed for 6s · ↓ 46 tokens', 'Bash(npm test)', 'the screen shows idle'])(
  'ordinary words stay: %j',
  (text) => {
    expect(redactForReport(text)).toBe(text);
  },
);

test('known values are taken out wherever they stand, and the shape stays', () => {
  const clean = (text: string) => redactForReport(text, new Set(['open sesame']));
  expect(redactValue({ a: ['say open sesame!', 3, null], b: { c: true } }, clean)).toEqual({
    a: ['say [secret]!', 3, null],
    b: { c: true },
  });
});
