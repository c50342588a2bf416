import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJudge, type Decision } from '../../../services/permissions/decide.ts';
import { EMPTY_POLICY, type Rules } from '../../../services/permissions/policy.ts';
import { ask, askBash, policyOf } from './policies.ts';

const KINDS = ['allow', 'confirm', 'deny'] as const;
const SCOPES = ['slot', 'role', 'default'] as const;
const STRICTNESS: Readonly<Record<Decision['decision'], number>> = { allow: 0, confirm: 1, deny: 2 };

describe('scopes together', () => {
  const pairs = SCOPES.flatMap((first) =>
    SCOPES.flatMap((second) => KINDS.flatMap((one) => KINDS.map((other) => ({ first, second, one, other })))),
  ).filter(({ first, second }) => first !== second);

  it.each(pairs)('$first $one with $second $other: the stricter holds', ({ first, second, one, other }) => {
    const policy = policyOf({ [first]: { [one]: ['Bash'] }, [second]: { [other]: ['Bash'] } });
    const expected = STRICTNESS[one] > STRICTNESS[other] ? one : other;
    expect(askBash(policy, 'ls')).toBe(expected);
  });

  it('confirms what no rule names, and everything when there is no policy', () => {
    expect(ask(policyOf({ role: { allow: ['Read'] } }), 'Write', { file_path: 'x' })).toMatchObject({
      decision: 'confirm',
      rule: 'no rule',
    });
    expect(ask(EMPTY_POLICY, 'Read', { file_path: 'x' }).decision).toBe('confirm');
  });

  it('says which rule of which scope decided, and about what', () => {
    const policy = policyOf({ default: { allow: ['Bash(ls *)'] }, role: { deny: ['Bash(rm -rf*)'] } });
    expect(ask(policy, 'Bash', { command: 'rm  -rf build' })).toMatchObject({
      decision: 'deny',
      rule: 'roles.coder.deny Bash(rm -rf*)',
      argument: 'rm  -rf build',
    });
    expect(ask(policy, 'Bash', { command: 'ls src' }).rule).toBe('default.allow Bash(ls *)');
  });

  it('tells a question that a denial may be meant by from one that skipping questions may answer', () => {
    const policy = policyOf({ role: { confirm: ['Bash(git push*)'], deny: ['Bash(rm -rf*)'] } });
    const asks = (command: string) => ask(policy, 'Bash', { command });
    expect(asks('git push')).toMatchObject({ decision: 'confirm', perhapsDenied: false });
    expect(asks('touch notes')).toMatchObject({ decision: 'confirm', perhapsDenied: false });
    expect(asks('$TOOL -rf build')).toMatchObject({ decision: 'confirm', perhapsDenied: true });
    expect(asks('git push; $TOOL -rf build')).toMatchObject({ decision: 'confirm', perhapsDenied: true });
  });

  it('lets one command of a line be allowed by the slot and another by the role', () => {
    const policy = policyOf({ slot: { allow: ['Bash(npm test *)'] }, role: { allow: ['Bash(git status)'] } });
    expect(ask(policy, 'Bash', { command: 'npm test && git status' })).toMatchObject({
      decision: 'allow',
      rule: 'slots.coder-1.allow Bash(npm test *) and roles.coder.allow Bash(git status)',
    });
    expect(askBash(policy, 'npm test && git push')).toBe('confirm');
  });
});

describe('names of tools', () => {
  it.each([
    ['Bash(*)', 'Bash', true],
    ['Bash(*)', 'BashOutput', false],
    ['Bash', 'BashOutput', false],
    ['Read(*)', 'ReadMcpResource', false],
    ['Edit', 'NotebookEdit', false],
    ['*', 'Anything', true],
    ['Web*', 'WebSearch', true],
    ['mcp__github__search', 'mcp__github__search', true],
    ['mcp__github__search', 'mcp__github__search_code', false],
    ['mcp__github', 'mcp__github__search', true],
    ['mcp__github', 'mcp__github_evil__search', false],
    ['mcp__github__*', 'mcp__github__search', true],
  ])('%s and %s: %s', (pattern, tool, meant) => {
    const policy = policyOf({ role: { deny: [pattern] } });
    expect(ask(policy, tool, { command: 'ls' }).decision).toBe(meant ? 'deny' : 'confirm');
  });

  it('does not take the names of JavaScript for roles', () => {
    const call = {
      tool: 'Bash',
      input: { command: 'ls' },
      cwd: '/',
      role: 'constructor',
      slotId: '__proto__',
    };
    expect(createJudge(policyOf({ role: { allow: ['*'] } }))(call).decision).toBe('confirm');
  });
});

describe('addresses', () => {
  const policy = policyOf({
    role: {
      allow: [
        'WebFetch(domain:docs.example.com)',
        'WebFetch(https://api.example.org/v1/*)',
        'WebFetch(https://open.example.org*)',
        'WebFetch(https://node-*.example.org/x)',
      ],
    },
    default: { deny: ['WebFetch(domain:evil.example)'] },
  });
  it.each([
    ['https://docs.example.com/a/b', 'allow'],
    ['https://DOCS.example.com./a', 'allow'],
    ['https://api.example.org/v1/users', 'allow'],
    ['https://api.example.org/v2/users', 'confirm'],
    ['https://docs.example.com.evil.test/', 'confirm'],
    ['https://docs.example.com@other.test/', 'confirm'],
    ['https://api.example.org/v1/x@docs.example.com', 'allow'],
    ['https://user:pw@docs.example.com/', 'confirm'],
    ['https://evil.example/', 'deny'],
    ['https://sub.evil.example./x', 'deny'],
    ['https://open.example.org', 'allow'],
    ['https://open.example.org:8443/a?b', 'allow'],
    ['https://open.example.org.evil.test/', 'confirm'],
    ['https://node-1.example.org/x', 'allow'],
    ['file://docs.example.com/etc/passwd', 'confirm'],
    ['ftp://docs.example.com/a', 'confirm'],
    ['not an address', 'confirm'],
  ])('%s: %s', (url, decision) => {
    expect(ask(policy, 'WebFetch', { url, prompt: 'p' }).decision).toBe(decision);
  });
});

describe('always', () => {
  const anyRule = fc.constantFrom(
    'Bash',
    'Bash(*)',
    'Bash(rm -rf*)',
    'Bash(git *)',
    'Bash(git push*)',
    'Bash(echo *)',
    'Read',
    'Read(src/**)',
    'Edit(*.ts)',
    'Write',
    'WebFetch(domain:a.example)',
    '*',
    'mcp__x__y',
  );
  const someRules = fc.array(anyRule, { maxLength: 4 });
  const anyScope = fc.record({ allow: someRules, confirm: someRules, deny: someRules });
  const anyCall = fc.oneof(
    fc
      .constantFrom(
        'ls',
        'git push',
        'git $x',
        'echo a > b',
        'rm -r -f x',
        'echo $(date)',
        '$x',
        'a | b',
        "'",
      )
      .map((command) => ({ tool: 'Bash', input: { command } })),
    fc
      .constantFrom('src/a.ts', '../x', '~/y', '/etc/z')
      .chain((file_path) =>
        fc.constantFrom('Read', 'Edit', 'Write').map((tool) => ({ tool, input: { file_path } })),
      ),
    fc.record({ tool: fc.string(), input: fc.jsonValue() }),
  );
  const verdict = (
    slot: Rules,
    role: Rules,
    fallback: Rules,
    { tool, input }: { tool: string; input: unknown },
  ) => ask(policyOf({ slot, role, default: fallback }), tool, input).decision;

  it('answers whatever is asked', () => {
    fc.assert(
      fc.property(anyScope, fc.string(), fc.anything(), fc.string(), (role, tool, input, cwd) => {
        expect(Object.keys(STRICTNESS)).toContain(ask(policyOf({ role }), tool, input, cwd).decision);
        expect(Object.keys(STRICTNESS)).toContain(
          ask(policyOf({ role }), 'Bash', { command: tool }, cwd).decision,
        );
      }),
    );
  });

  it('is never softened by one more deny or confirm, nor hardened by one more allow', () => {
    fc.assert(
      fc.property(anyScope, anyScope, anyScope, anyRule, anyCall, (slot, role, fallback, rule, call) => {
        const before = STRICTNESS[verdict(slot, role, fallback, call)];
        const more = (kind: 'allow' | 'confirm' | 'deny') =>
          STRICTNESS[verdict(slot, { ...role, [kind]: [...role[kind], rule] }, fallback, call)];
        expect(more('deny')).toBeGreaterThanOrEqual(before);
        expect(more('confirm')).toBeGreaterThanOrEqual(before);
        expect(more('allow')).toBeLessThanOrEqual(before);
      }),
    );
  });

  it('does not depend on the order of rules or on the scope that holds them', () => {
    fc.assert(
      fc.property(anyScope, anyScope, anyScope, anyCall, (slot, role, fallback, call) => {
        const turned = ({ allow, confirm, deny }: Rules): Rules => ({
          allow: allow.toReversed(),
          confirm: confirm.toReversed(),
          deny: deny.toReversed(),
        });
        const before = verdict(slot, role, fallback, call);
        expect(verdict(turned(fallback), turned(slot), turned(role), call)).toBe(before);
      }),
    );
  });
});

it('one field of a wrong type does not hide the others', () => {
  const policy = policyOf({ role: { allow: ['Bash'] }, default: { deny: ['Bash(rm -rf*)'] } });
  expect(ask(policy, 'Bash', { command: 'rm -rf x', url: 5 }).decision).toBe('deny');
  expect(ask(policy, 'Bash', { command: ['rm', '-rf', 'x'] })).toMatchObject({
    decision: 'confirm',
    perhapsDenied: true,
  });
});
