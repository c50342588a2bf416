import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactTokens } from '../../../db/redact-tokens.ts';
import { redact } from '../../../services/config/redact.ts';
import { SEED } from '../../fuzz/settings.ts';

const of = (length: number, letters = 'aB3dE5fG7h') => letters.repeat(length).slice(0, length);
const KEY = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB12\n\n${of(64)}\n${of(20)}==\n-----END RSA PRIVATE KEY-----`;

/** Put together here, so that no scanner takes this file for a leak. */
const SECRETS: readonly (readonly [string, string])[] = [
  ['Anthropic', `sk-ant-api03-${of(60)}`],
  ['OpenAI', `sk-${of(48)}`],
  ['OpenAI, of a project', `sk-proj-${of(60)}`],
  ['Stripe', `sk_live_${of(24)}`],
  ['Stripe, restricted', `rk_test_${of(24)}`],
  ['GitHub', `ghp_${of(36)}`],
  ['GitHub, of an app', `ghs_${of(36)}`],
  ['GitHub, fine-grained', `github_pat_${of(22)}_${of(59)}`],
  ['GitLab', `glpat-${of(20)}`],
  ['npm', `npm_${of(36)}`],
  ['PyPI', `pypi-${of(80)}`],
  ['Hugging Face', `hf_${of(34)}`],
  ['Slack', `xoxb-${of(12, '1234567890')}-${of(24)}`],
  ['Slack, of an app', `xapp-1-${of(40)}`],
  ['Telegram', `${of(9, '123456789')}:AA${of(33)}`],
  ['AWS, its id', `AKIA${of(16, 'ABCD2345')}`],
  ['Google', `AIza${of(35)}`],
  ['Google, OAuth', `ya29.${of(60)}`],
  ['DigitalOcean', `dop_v1_${of(64, '0123456789abcdef')}`],
  ['Vault', `hvs.${of(40)}`],
  ['SendGrid', `SG.${of(22)}.${of(43)}`],
  ['a JSON Web Token', `eyJ${of(30)}.eyJ${of(60)}.${of(43)}`],
  ['a private key', KEY],
];

describe('what looks like a secret is taken out, wherever it stands', () => {
  test.each(SECRETS)('%s', (_, secret) => {
    for (const [before, after] of [
      ['', ''],
      ['the key is ', '.'],
      ['KEY=', '\nnext'],
      ['{"token":"', '"}'],
      ['(', ')'],
    ] as const) {
      expect(redactTokens(`${before}${secret}${after}`)).toBe(`${before}[secret]${after}`);
    }
    const behind = JSON.stringify({ said: `it is\n${secret}` });
    expect(JSON.parse(redactTokens(behind))).toEqual({ said: 'it is\n[secret]' });
    const line = JSON.stringify({ said: `it is ${secret}`, more: 1 });
    expect(JSON.parse(redactTokens(line))).toEqual({ said: 'it is [secret]', more: 1 });
  });

  test.each([
    ['https://me:hunter22@example.com/x', 'https://me:[secret]@example.com/x'],
    ['postgres://app:p%40ss@db:5432/x', 'postgres://app:[secret]@db:5432/x'],
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [secret]'],
    ['"authorization":"Basic dXNlcjpwYXNz"', '"authorization":"Basic [secret]"'],
    [String.raw`{\"authorization\":\"token abcdef123\"}`, String.raw`{\"authorization\":\"token [secret]\"}`],
    ['curl -H "X-Api-Key: abcdef123"', 'curl -H "X-Api-Key: [secret]"'],
    [`aws_secret_access_key = ${of(40)}`, 'aws_secret_access_key = [secret]'],
    [`AccountKey=${of(86)}==;x`, 'AccountKey=[secret];x'],
    [`cut off: ${KEY.slice(0, 120)}`, 'cut off: [secret]'],
    [`https://hooks.slack.com/services/T0/B0/${of(24)}`, 'https://hooks.slack.com/services/[secret]'],
  ])('%j becomes %j', (text, expected) => {
    expect(redactTokens(text)).toBe(expected);
  });
});

test.each([
  'the task-list of sk-learn',
  'git@github.com:org/repo.git',
  'https://example.com:8080/a@b',
  'commit 3a2d82f1c0ffee3a2d82f1c0ffee3a2d82f1c0ff',
  '1b4e28ba-2fa1-11d2-883f-0016d3cca427',
  'npm_config_cache=/tmp/x',
  'the Authorization: header is missing',
  'eyJ is how base64 of {" begins',
])('ordinary words stay: %j', (text) => {
  expect(redactTokens(text)).toBe(text);
});

test('doing it twice changes nothing more', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(...SECRETS.map(([, secret]) => secret)),
      fc.constantFrom('Authorization: Bearer ', 'https://u:', '@h/', '[secret]', '"', ' ', '\\n'),
      fc.string(),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const once = redactTokens(parts.join(''));
      expect(redactTokens(once)).toBe(once);
      const known = redact(once, new Set(['secret', '[secret]', 'open sesame']));
      expect(redact(known, new Set(['secret', '[secret]', 'open sesame']))).toBe(known);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

/**
 * Texts that make a pattern go back over what it has read. One that did so for each of the million letters would not
 * end before the test is given up.
 */
test.each([
  ['a-', 'ey-eyJ'],
  ['sk-', 'x'],
  ['', 'eyJaaaaaaaa.'],
  ['', '-----BEGIN PRIVATE KEY-----'],
  ['', '-----BEGIN PRIVATE KEY-----\\'],
  ['', 'authorization: '],
  ['authorization:', ' '],
  ['', '://a:'],
  ['', 'SG.aaaaaaaaaaaaaaaaaaaa.'],
  ['', '1234567890:AA'],
  ['hooks.slack.com/services/', 'A/'],
])('a million letters of %j and %j are read', (first, repeated) => {
  const text = first + repeated.repeat(Math.ceil(1_000_000 / repeated.length));
  expect(redactTokens(text).length).toBeGreaterThan(0);
});
