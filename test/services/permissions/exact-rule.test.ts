import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describedCall } from '../../../services/permissions/described-call.ts';
import { exactRule } from '../../../services/permissions/exact-rule.ts';
import { Pattern } from '../../../services/permissions/policy.ts';
import { ask, policyOf } from './policies.ts';

const decided = (rule: string, tool: string, argument: string) => {
  const call = describedCall(`${tool}(${argument})`);
  return ask(policyOf({ role: { allow: [rule] } }), call.tool, call.input).decision;
};

describe('the rule of one call', () => {
  it.each([
    ['Bash', 'npm test', 'Bash(npm test)'],
    ['Bash', 'make clean && make "all of it"', 'Bash(make clean && make "all of it")'],
    ['Bash', 'echo $(date)', 'Bash(echo $(date))'],
    ['Edit', '/home/me/notes.md', 'Edit(//home/me/notes.md)'],
    ['WebFetch', 'https://example.org/a?b=c', 'WebFetch(https://example.org/a?b=c)'],
    ['mcp__github__search', '{"q":"x (y)"}', 'mcp__github__search({"q":"x (y)"})'],
  ])('allows it: %s %s', (tool, argument, rule) => {
    expect(exactRule(tool, argument)).toBe(rule);
    expect(Pattern.parse(rule)).toBe(rule);
    expect(decided(rule, tool, argument)).toBe('allow');
  });

  it.each([
    ['Bash', 'rm build/*'],
    ['Bash', 'npm run :*'],
    ['Bash', 'make clean\nmake deploy'],
    ['Bash', 'rm a  b'],
    ['Bash', ' npm test'],
    ['Bash', ''],
    ['Bash', 'curl -H "Authorization: Bearer [secret]" https://example.org'],
    ['Edit', 'notes.md'],
    ['Edit', '/home/me/../you/notes.md'],
    ['Edit', '/home/me/[a-z].md'],
    ['Write', '/home/me/'],
    ['Read', '/home/me/!important'],
    ['PowerShell', 'Get-Date'],
  ])('is not written where it would mean more, or another: %s %j', (tool, argument) => {
    expect(exactRule(tool, argument)).toBeNull();
  });

  const word = fc.constantFrom(
    'npm',
    'test',
    '-rf',
    'a b',
    '"a b"',
    'x;y',
    '\n',
    '  ',
    '&&',
    '|',
    '$(x)',
    '>f',
    '',
  );
  const line = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));

  it('allows no other command', () => {
    fc.assert(
      fc.property(line, line, (asked, other) => {
        const rule = exactRule('Bash', asked);
        fc.pre(rule !== null && asked.trim() !== other.trim() && other !== '');
        // The same words in other quotes are the same command.
        fc.pre(!/["]/.test(asked + other) && !/ {2}/.test(other.trim()));
        if (rule !== null) expect(decided(rule, 'Bash', other)).not.toBe('allow');
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('a rule without a star', () => {
  const allowed = policyOf({ role: { allow: ['Bash(make clean deploy)'] } });
  it.each([
    ['make clean\ndeploy', 'two commands'],
    ['make\nclean deploy', 'two commands'],
    ['make "clean deploy"', 'one word'],
    ["make clean deploy ''", 'another word'],
    ['make clean deploy;', null],
  ])('%j is %s', (command, another) => {
    expect(ask(allowed, 'Bash', { command }).decision).toBe(another === null ? 'allow' : 'confirm');
  });
});
