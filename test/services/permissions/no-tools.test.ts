import { expect, test } from 'vitest';
import { createJudge } from '../../../services/permissions/decide.ts';
import { EMPTY_POLICY, NO_RULES } from '../../../services/permissions/policy.ts';
import { checkWanted, guardRules } from '../../../services/permissions/task-guard.ts';

test.each([
  'Bash',
  'Read',
  'Write',
  'WebFetch',
  'Task',
  'Agent',
  'mcp__missiond__mission_kb_remember',
  'Skill',
])('a task that is done without tools may not use %s, whatever its slot may', (tool) => {
  const call = {
    tool,
    input: { command: 'echo', file_path: '/tmp/a' },
    cwd: '/tmp',
    slotId: 's',
    role: 'memory',
  };
  const may = { ...NO_RULES, allow: ['*'] };
  expect(createJudge({ ...EMPTY_POLICY, default: may })(call).decision).toBe('allow');
  const guard = { noTools: true };
  const judge = createJudge({
    ...EMPTY_POLICY,
    default: { ...may, deny: guardRules(guard, 0).deny },
  });
  expect(judge(call).decision).toBe('deny');
  expect(checkWanted(guard, 0)).toContain('without tools');
});
