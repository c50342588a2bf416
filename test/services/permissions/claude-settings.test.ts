import { describe, expect, it } from 'vitest';
import { compileToClaudeSettings } from '../../../services/permissions/claude-settings.ts';
import { policyOf } from './policies.ts';

type Scopes = Parameters<typeof policyOf>[0];

function compiled(scopes: Scopes, version: string | null = null) {
  return compileToClaudeSettings(policyOf(scopes), { role: 'coder', slotId: 'coder-1', version });
}

describe('for a version that knows no stars but the one at the end (2.0.60)', () => {
  it.each([
    ['Bash(sudo *)', ['Bash(sudo:*)']],
    ['Bash(make install)', ['Bash(make install)']],
    ['Bash(rm -rf*)', ['Bash(rm -rf:*)', 'Bash(rm -r -f:*)', 'Bash(rm -fr:*)', 'Bash(rm -f -r:*)']],
    ['Bash(git * --force*)', ['Bash(git:*)']],
    ['Bash(*secret*)', ['Bash']],
    ['Web*', ['WebFetch', 'WebSearch']],
  ])('%s is said with beginnings only', (rule, expected) => {
    const { deny } = compiled({ role: { deny: [rule] } }, '2.0.60');
    expect([...deny].sort()).toEqual([...expected].sort());
  });
});

describe('a denial', () => {
  it.each([
    ['Bash', ['Bash']],
    ['Bash(*)', ['Bash']],
    ['Bash(make install)', ['Bash(make install)']],
    ['Bash(sudo *)', ['Bash(sudo:*)', 'Bash(sudo *)', 'Bash(sudo)', 'Bash(*/sudo *)']],
    ['Bash(git push*)', ['Bash(git push:*)', 'Bash(git push *)', 'Bash(git push*)', 'Bash(*/git push*)']],
    [
      'Bash(npm run test:*)',
      ['Bash(npm run test:*)', 'Bash(npm run test *)', 'Bash(npm run test)', 'Bash(*/npm run test *)'],
    ],
    // Claude Code looks at path rules of Read and Edit only; its single slash is not ours.
    ['Write(gen/**)', ['Edit(./gen/**)']],
    ['NotebookEdit(./gen/a)', ['Edit(./gen/a)']],
    ['Read(*.env)', ['Read(*.env)', 'Read(//**/*.env)']],
    ['Read(/secrets/**)', ['Read(./secrets/**)', 'Read(//secrets/**)']],
    ['Read(//etc/shadow)', ['Read(//etc/shadow)']],
    ['Read(~/.ssh/**)', ['Read(~/.ssh/**)']],
    ['WebFetch(domain:a.example)', ['WebFetch(domain:a.example)']],
    ['WebFetch(https://a.example/*)', ['WebFetch(domain:a.example)']],
    ['mcp__github', ['mcp__github']],
    ['mcp__github__*', ['mcp__github__*']],
    ['Web*', ['Web*', 'WebFetch', 'WebSearch']],
  ])('%s is said as %j', (rule, deny) => {
    expect(compiled({ role: { deny: [rule] } })).toEqual({ allow: [], ask: [], deny });
  });

  it('is said in every order of its options', () => {
    const { deny } = compiled({ role: { deny: ['Bash(rm -rf*)'] } });
    for (const order of ['rm -rf', 'rm -fr', 'rm -r -f', 'rm -f -r']) {
      expect(deny).toContain(`Bash(${order}:*)`);
      expect(deny).toContain(`Bash(${order}*)`);
    }
  });

  it('of everything names the tools one by one as well, for versions that read no globs', () => {
    expect(compiled({ default: { deny: ['*'] } }).deny).toEqual(
      expect.arrayContaining(['*', 'Bash', 'Write', 'WebFetch']),
    );
  });

  it.each(['WebFetch(https://a.example/private/*)', 'mcp__db__query({"sql":"DROP*)', 'Grep(*secret*)'])(
    '%s cannot be said, so the tool is asked about',
    (rule) => {
      const tool = rule.slice(0, rule.indexOf('('));
      expect(compiled({ role: { allow: [tool], deny: [rule] } })).toEqual({
        allow: [],
        ask: [tool],
        deny: [],
      });
    },
  );
});

describe('what is allowed', () => {
  it('is said only where it can be said exactly; the hook decides the rest', () => {
    const allow = [
      'Read(*)',
      'Edit',
      'Bash(*)',
      'Bash(npm test *)',
      'Edit(src/**)',
      'Web*',
      'mcp__x__y',
      '*',
    ];
    expect(compiled({ role: { allow } }).allow).toEqual(['Read', 'Edit', 'mcp__x__y']);
  });

  it('is left out where another rule divides the tool', () => {
    const scopes: Scopes = {
      role: { allow: ['WebFetch', 'mcp__x'] },
      slot: { confirm: ['WebFetch(domain:a.example)', 'mcp__x__y(*z*)'] },
    };
    expect(compiled(scopes).allow).toEqual([]);
  });
});

it('joins slot, role and default, each rule once', () => {
  const scopes: Scopes = {
    slot: { deny: ['Write'], confirm: ['WebFetch'] },
    role: { deny: ['Write', 'Edit'], allow: ['Read'] },
    default: { confirm: ['WebFetch'], allow: ['Read(*)'] },
  };
  expect(compiled(scopes)).toEqual({ allow: ['Read'], ask: ['WebFetch'], deny: ['Write', 'Edit'] });
});
