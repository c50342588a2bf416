// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts and the placeholders of slots.yaml

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { redact } from '../../../services/config/redact.ts';
import { resolveEnv } from '../../../services/config/resolve-env.ts';
import { commandWords } from '../../../services/config/secret-providers.ts';

const SECRET = 'hunter2-hunter2';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-env-'));
  writeFileSync(path.join(folder, 'token'), `${SECRET}\n`);
  writeFileSync(path.join(folder, 'empty'), '\n');
  vi.stubEnv('HOME', folder);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function resolve(env: Record<string, string>, more: { secretCommand?: string[]; signal?: AbortSignal } = {}) {
  return resolveEnv('coder-1', env, {
    inherited: { PATH: process.env['PATH'], TOKEN: SECRET, EMPTY: '' },
    signal: new AbortController().signal,
    ...more,
  });
}

describe('providers', () => {
  it.each([
    ['plain', 'plain'],
    ['${env:TOKEN}', SECRET],
    ['${file:~/token}', SECRET],
    [`\${cmd:printf %s '${SECRET}'}`, SECRET],
    ['${secret:team/token}', 'secret of team/token'],
    ['Bearer ${env:TOKEN}, ${file:~/token}!', `Bearer ${SECRET}, ${SECRET}!`],
    ['$HOME ${HOME} ${x:-default} ${', '$HOME ${HOME} ${x:-default} ${'],
    ['${cmd:echo ; rm -rf $HOME `id`}', '; rm -rf $HOME `id`'],
  ])('%s', async (template, value) => {
    const { env } = await resolve({ A: template }, { secretCommand: ['echo', 'secret of'] });
    expect(env).toEqual({ A: value });
  });

  it('tells which values came from outside, so that they can be taken out of what is shown', async () => {
    const { env, secrets } = await resolve({ A: 'Bearer ${env:TOKEN}', B: 'public' });
    expect([...secrets]).toEqual([SECRET]);
    expect(redact(`A is ${env['A']}, B is ${env['B']}`, secrets)).toBe('A is Bearer [secret], B is public');
  });
});

describe('a value that cannot be had', () => {
  it.each([
    ['${env:NOT_THERE}', 'env', 'the variable is not set'],
    ['${env:EMPTY}', 'env', 'the variable is not set'],
    ['${file:~/none}', 'file', 'there is no such file or program'],
    ['${file:~/empty}', 'file', 'it gave nothing'],
    ['${cmd:no-such-program-here}', 'cmd', 'there is no such file or program'],
    [`\${cmd:sh -c "echo ${SECRET}; echo ${SECRET} >&2; exit 3"}`, 'cmd', 'it ended with status 3'],
    ['${cmd:}', 'cmd', 'it gave nothing'],
    ['${cmd:true}', 'cmd', 'it gave nothing'],
    ['${secret:team/token}', 'secret', 'slots.yaml names no secretCommand'],
    ['${vault:x}', 'vault', 'names no provider'],
  ])('%s: names slot, variable, provider and reason', async (template, provider, reason) => {
    const failure = resolve({ A: template });
    await expect(failure).rejects.toMatchObject({ code: 'secret_unresolved' });
    await expect(failure).rejects.toThrow(`\${${provider}:…} of A of slot coder-1`);
    await expect(failure).rejects.toThrow(reason);
  });

  it('never says what a program printed', async () => {
    const error = await resolve({ A: `\${cmd:sh -c "echo $TOKEN >&2; exit 1"}` }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    expect(
      error instanceof Error
        ? [error.message, error.stack, String(error.cause), JSON.stringify(error)].join()
        : '',
    ).not.toContain(SECRET);
  });

  it('gives up a program when the caller does, and feeds it no input to wait for', async () => {
    const { env } = await resolve({ A: '${cmd:sh -c "read x; echo $x.done"}' });
    expect(env['A']).toBe('.done');
    const giveUp = new AbortController();
    const waiting = resolve({ A: '${cmd:sleep 600}' }, { signal: giveUp.signal });
    giveUp.abort();
    await expect(waiting).rejects.toThrow('the wait was given up');
  });
});

it.each([
  ['op read "op://team/my token/x"', ['op', 'read', 'op://team/my token/x']],
  ["a 'b c' d", ['a', 'b c', 'd']],
  ['a --x="b c"d', ['a', '--x=b cd']],
  ['  ', []],
  ["a ''", ['a', '']],
])('splits %j into words', (command, words) => {
  expect(commandWords(command)).toEqual(words);
});

describe('redact', () => {
  it.each([
    [
      'a secret inside another',
      new Set(['abcdef', 'abcdefgh']),
      'x abcdefgh y abcdef',
      'x [secret] y [secret]',
    ],
    [
      'one that JSON spells otherwise',
      new Set(['a"b\\c\nd-long']),
      '{"t":"a\\"b\\\\c\\nd-long"}',
      '{"t":"[secret]"}',
    ],
    [
      'the lines of a key',
      new Set(['-----BEGIN KEY-----\nMIIEvQIBADANBg\n}']),
      '│ MIIEvQIBADANBg │\n}',
      '│ [secret] │\n}',
    ],
    ['nothing so short that it is a word', new Set(['yes']), 'yes, yes', 'yes, yes'],
    [
      'signs that mean something in patterns',
      new Set(['a.*$&(b)']),
      'a.*$&(b) a--$&(b)',
      '[secret] a--$&(b)',
    ],
  ])('takes out %s', (_, secrets, text, cleaned) => {
    expect(redact(text, secrets)).toBe(cleaned);
  });
});
