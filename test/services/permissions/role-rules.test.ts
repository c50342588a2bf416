import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compileToClaudeSettings } from '../../../services/permissions/claude-settings.ts';
import { createJudge } from '../../../services/permissions/decide.ts';
import { describedCall } from '../../../services/permissions/described-call.ts';
import { EMPTY_POLICY, NO_RULES, type Policy } from '../../../services/permissions/policy.ts';
import { readRoles } from '../../../services/roles/read-roles.ts';

const cwd = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-role-rules-')));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const { roles } = readRoles({ home: cwd, repositoryPath: null });

function decided(policy: Policy, role: string, call: string) {
  const definition = roles.get(role);
  return createJudge(policy)({ role, slotId: 'app.quick-fox', cwd, definition, ...describedCall(call) });
}
const nothing = EMPTY_POLICY;

describe('what the roles that come with missiond may do', () => {
  test.each([
    ['worker', 'Edit(src/a.ts)', 'allow'],
    ['worker', 'Bash(git commit -m x)', 'allow'],
    ['worker', 'Bash(git add a.ts && git commit -m x)', 'allow'],
    ['worker', 'Edit(/etc/hosts)', 'confirm'],
    ['worker', 'Bash(git push origin work/quick-fox)', 'confirm'],
    ['worker', 'Bash(gh pr merge 12 --admin)', 'deny'],
    ['worker', 'mcp__missiond__mission_merge', 'deny'],
    ['worker', 'mcp__missiond__mission_review', 'deny'],
    ['reviewer', 'Edit(a.ts)', 'deny'],
    ['reviewer', 'Bash(echo x > a.ts)', 'deny'],
    ['reviewer', 'Bash(git diff main...work/x)', 'allow'],
    ['reviewer', 'mcp__missiond__mission_review', 'allow'],
    ['reviewer', 'mcp__missiond__mission_merge', 'deny'],
    ['researcher', 'Write(notes.md)', 'deny'],
    ['supervisor', 'Edit(a.ts)', 'deny'],
    ['supervisor', 'mcp__missiond__mission_merge', 'deny'],
    ['merge-queue', 'mcp__missiond__mission_merge', 'allow'],
    ['merge-queue', 'Bash(git push origin main)', 'deny'],
    ['merge-queue', 'Bash(gh pr merge 3 --squash)', 'deny'],
    ['merge-queue', 'Edit(a.ts)', 'deny'],
  ])('%s: %s → %s', (role, call, decision) => {
    const found = decided(nothing, role, call);
    expect(found.decision).toBe(decision);
    if (decision !== 'confirm') expect(found.rule).toContain(`definition of ${role} (package).${decision} `);
  });
});

describe('between a definition and permissions.yaml', () => {
  const allowing: Policy = { ...nothing, default: { ...NO_RULES, allow: ['Edit', 'Bash'] } };

  test('what is said of all takes nothing away from what the role denies', () => {
    expect(decided(allowing, 'reviewer', 'Edit(a.ts)').decision).toBe('deny');
    expect(decided(allowing, 'worker', 'Bash(git push origin work/x)').decision).toBe('allow');
  });

  test('a denial of the person holds, whatever the role allows', () => {
    const policy = { ...nothing, default: { ...NO_RULES, deny: ['Bash(git commit*)'] } };
    expect(decided(policy, 'worker', 'Bash(git commit -m x)')).toMatchObject({
      decision: 'deny',
      rule: 'default.deny Bash(git commit*)',
    });
  });

  test('what the person says of the role, or of the very agent, stands over it', () => {
    const ofRole = { ...nothing, roles: { reviewer: { ...NO_RULES, allow: ['Edit(docs/**)'] } } };
    expect(decided(ofRole, 'reviewer', 'Edit(docs/a.md)').rule).toBe('roles.reviewer.allow Edit(docs/**)');
    expect(decided(ofRole, 'reviewer', 'Edit(src/a.ts)').decision).toBe('deny');
    const ofSlot = { ...nothing, slots: { 'app.quick-fox': { ...NO_RULES, confirm: ['Edit'] } } };
    expect(decided(ofSlot, 'worker', 'Edit(src/a.ts)').rule).toBe('slots.app.quick-fox.confirm Edit');
  });

  test('of a command, what the person allows in part is denied in part', () => {
    const policy = { ...nothing, roles: { reviewer: { ...NO_RULES, allow: ['Bash(npm test*)'] } } };
    expect(decided(policy, 'reviewer', 'Bash(npm test && git push)').decision).toBe('deny');
  });
});

describe('tools of a definition', () => {
  const definition = { name: 'reader', rules: [], tools: ['Read', 'mcp__docs'] };
  const judge = createJudge({ ...nothing, default: { ...NO_RULES, allow: ['*'] } });
  const of = (call: string) =>
    judge({ role: 'reader', slotId: 's', cwd, definition, ...describedCall(call) });

  test('are those, those of their servers, and those that reach nothing', () => {
    expect(of('Read(a)').decision).toBe('allow');
    expect(of('mcp__docs__find').decision).toBe('allow');
    expect(of('TodoWrite').decision).toBe('allow');
    expect(of('Bash(ls)')).toMatchObject({
      decision: 'deny',
      rule: 'definition of reader: its tools are Read, mcp__docs',
    });
  });

  test('hold in the settings of its session, too', () => {
    const { deny } = compileToClaudeSettings(nothing, {
      role: 'reader',
      slotId: 's',
      version: '2.1.329',
      definition,
    });
    expect(deny).toEqual(expect.arrayContaining(['Bash', 'Edit', 'Write', 'WebFetch', 'Task']));
    expect(deny).not.toContain('Read');
  });
});

test('the settings of a session deny what the definition denies, unless the person has said something of it', () => {
  const of = (policy: Policy) =>
    compileToClaudeSettings(policy, {
      role: 'reviewer',
      slotId: 's',
      version: '2.1.329',
      definition: roles.get('reviewer'),
    });
  expect(of(nothing).deny).toEqual(expect.arrayContaining(['Edit', 'mcp__missiond__mission_merge']));
  expect(of(nothing).allow).toContain('mcp__missiond__mission_review');
  const said = of({ ...nothing, roles: { reviewer: { ...NO_RULES, allow: ['Edit(docs/**)'] } } });
  expect(said.deny).not.toContain('Edit');
  expect(said.ask).toContain('Edit');
  expect(said.deny).toContain('Write');
});
