import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describedCall } from '../../../services/permissions/described-call.ts';
import { exactRule } from '../../../services/permissions/exact-rule.ts';
import { Pattern, readPolicyText } from '../../../services/permissions/policy.ts';
import { ask, policyOf } from './policies.ts';

const decided = (rule: string, tool: string, argument: string) => {
  const call = describedCall(`${tool}(${argument})`);
  return ask(policyOf({ role: { allow: [rule] } }), call.tool, call.input).decision;
};

describe('the rule of one call', () => {
  it.each([
    ['Bash', 'npm test'],
    ['Bash', 'make clean && make "all of it" > log.txt'],
    ['Bash', 'make clean\nmake deploy'],
    ['Bash', 'rm a  b'],
    ['Edit', '/home/me/notes.md'],
    ['Write', '/home/me/[a] !b.md'],
    ['WebFetch', 'https://example.org/a?b=*'],
    ['mcp__github__search', '{"q":"x (y) *"}'],
  ])('allows it: %s %j', (tool, argument) => {
    const rule = exactRule(tool, argument);
    expect(rule).toBe(`${tool}(=${argument})`);
    expect(Pattern.parse(rule)).toBe(rule);
    expect(decided(rule ?? '', tool, argument)).toBe('allow');
  });

  it.each([
    ['Bash', 'rm build/*'],
    ['Bash', '$cmd'],
    ['Bash', 'rm $f'],
    ['Bash', 'echo `date`'],
    ['Bash', 'rm ~/x'],
    ['Bash', ' npm test'],
    ['Bash', ''],
    ['Bash', 'curl -H "Authorization: Bearer [secret]" https://example.org'],
    ['Edit', 'notes.md'],
    ['Edit', '/home/me/../you/notes.md'],
    ['Grep', '/home/me'],
    ['LS', 'src'],
    ['PowerShell', 'Get-Date'],
  ])(
    'is not written where it would mean another thing another time, or not all of it: %s %j',
    (tool, argument) => {
      expect(exactRule(tool, argument)).toBeNull();
    },
  );

  it.each([
    ['Bash(=python3 -)', "python3 - <<'E'\nprint(1)\nE"],
    ['Bash(=python3 -)', 'python3 - < evil.py'],
    ['Bash(=psql -h prod)', "psql -h prod <<< 'drop table x'"],
    ['Bash(=make deploy)', 'NODE_ENV=production make deploy'],
    ['Bash(=make deploy)', 'x=1; make deploy'],
    ['Bash(=make deploy)', 'make  deploy'],
    ['Bash(=make deploy)', 'make deploy && make deploy'],
    ['Bash(=a*)', 'abc'],
  ])('%s does not allow %j', (rule, command) => {
    expect(decided(rule, 'Bash', command)).toBe('confirm');
  });

  it.each([
    ['WebFetch(=domain:evil.example)', 'WebFetch', 'https://evil.example/x'],
    ['Read(=/etc)', 'Read', '/etc/shadow'],
    ['Edit(=/tmp/box)', 'Edit', '/tmp/box/x'],
    ['Edit(=/tmp/x.md)', 'Read', '/tmp/x.md'],
  ])('%s does not allow %s of %s', (rule, tool, argument) => {
    expect(decided(rule, tool, argument)).toBe('confirm');
  });

  it('does not follow a link that is put in the place of the file', () => {
    const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-exact-')));
    try {
      const file = path.join(folder, 'notes.md');
      const rule = exactRule('Edit', file) ?? '';
      expect(decided(rule, 'Edit', file)).toBe('allow');
      writeFileSync(path.join(folder, 'other'), '');
      symlinkSync(path.join(folder, 'other'), file);
      expect(decided(rule, 'Edit', file)).toBe('confirm');
      mkdirSync(path.join(folder, 'real'));
      symlinkSync(path.join(folder, 'real'), path.join(folder, 'linked'));
      const below = path.join(folder, 'linked', 'x');
      expect(decided(`Edit(=${below})`, 'Edit', below)).toBe('confirm');
    } finally {
      rmSync(folder, { recursive: true });
    }
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
    '<x',
    '>f',
    '',
  );
  const line = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));

  it('allows no other command', () => {
    fc.assert(
      fc.property(line, line, (asked, other) => {
        const rule = exactRule('Bash', asked);
        fc.pre(rule !== null && asked !== other);
        if (rule !== null) expect(decided(rule, 'Bash', other)).not.toBe('allow');
      }),
      { numRuns: 3_000 },
    );
  });

  it('forbids nothing: what forbids means every wording', () => {
    expect(() => readPolicyText('p.yaml', 'default: { deny: ["Bash(=rm x)"] }')).toThrow(
      /p\.yaml:1:19: .*allow alone/,
    );
  });
});

describe('a rule without a star', () => {
  const allowed = policyOf({ role: { allow: ['Bash(make clean deploy)', 'Bash($cmd)', 'Bash(rm $f)'] } });
  it.each([
    ['make clean\ndeploy', 'two commands'],
    ['make\nclean deploy', 'two commands'],
    ['make "clean deploy"', 'one word'],
    ["make clean deploy ''", 'another word'],
    ["cmd='curl x'; $cmd", 'another value'],
    ['f=/etc/passwd; rm $f', 'another value'],
    ['make clean deploy;', null],
    ['rm $f', null],
  ])('%j is %s', (command, another) => {
    expect(ask(allowed, 'Bash', { command }).decision).toBe(another === null ? 'allow' : 'confirm');
  });
});

describe('a pattern that would mean nothing', () => {
  it.each([
    ['bash(rm*)', /did you mean "Bash"/],
    ['Bsh(rm*)', /did you mean "Bash"/],
    ['Writ', /did you mean "Write"/],
    ['webfetch(domain:x)', /did you mean "WebFetch"/],
    ['Bash()', /empty brackets/],
    ['Bash(rm -rf*), Bash(curl*)', /two patterns/],
  ])('%s is refused with its place', (pattern, why) => {
    const text = `default:\n  deny:\n    - "${pattern}"\n`;
    expect(() => readPolicyText('p.yaml', text)).toThrow(why);
    expect(() => readPolicyText('p.yaml', text)).toThrow(/p\.yaml:3:7/);
  });

  it.each(['Bash(echo (a), b)', 'NewTool', 'mcp__x__y', 'Web*', 'Task', 'Bash(f() { x; })'])(
    '%s is not taken for one',
    (pattern) => {
      expect(readPolicyText('p.yaml', `default:\n  deny:\n    - "${pattern}"\n`).value.default.deny).toEqual([
        pattern,
      ]);
    },
  );
});
