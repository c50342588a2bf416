import { expect, test } from 'vitest';
import { edgeOf } from '../../actors/hook-edge.ts';
import { parseHookBody } from '../../services/claude/hook-body.ts';

function edge(body: Readonly<Record<string, unknown>>) {
  const hook = parseHookBody({ session_id: 's', ...body });
  if (hook === null) throw new Error('no hook');
  return edgeOf(hook, 'epoch-1', 5);
}

const BASH = { tool_name: 'Bash', tool_input: { command: 'ls' }, tool_use_id: 't' };

// A subagent's hooks carry the session's own id (measured on 2.1.329); its work goes on behind the turn.
test.each([
  ['PreToolUse', BASH],
  ['PostToolUse', { ...BASH, tool_response: {} }],
  ['PostToolUseFailure', { ...BASH, error: 'x' }],
])('%s of a subagent moves nothing, that of the session does', (name, body) => {
  expect(edge({ hook_event_name: name, ...body }).type).toMatch(/^hook\.tool/);
  expect(edge({ hook_event_name: name, ...body, agent_id: 'a1' })).toMatchObject({
    type: 'hook.other',
    name: `${name} of a subagent`,
  });
});

test('a permission that a subagent asks for is asked of the person all the same', () => {
  expect(edge({ hook_event_name: 'PermissionRequest', ...BASH, agent_id: 'a1' }).type).toBe(
    'hook.permissionRequested',
  );
});

test.each([
  ['manual', true],
  ['auto', false],
])('a compaction that is %s ends at rest: %s', (trigger, byHand) => {
  expect(edge({ hook_event_name: 'PostCompact', trigger })).toMatchObject({ type: 'hook.compacted', byHand });
});
