import { describe, expect, it } from 'vitest';
import {
  allowRequest,
  allowTool,
  askTool,
  denyRequest,
  denyTool,
  parseHookBody,
} from '../../../services/claude/hook-body.ts';

const common = {
  session_id: '6a3b5a80-7f1d-4d43-9a39-3b2f3a1c0001',
  transcript_path: '/home/x/.claude/projects/-w/6a3b.jsonl',
  cwd: '/w',
  permission_mode: 'default',
  prompt_id: 'p-1',
};
const where = {
  sessionId: common.session_id,
  transcriptPath: common.transcript_path,
  cwd: '/w',
  permissionMode: 'default',
  promptId: 'p-1',
};

describe('parseHookBody', () => {
  it.each([
    [
      { hook_event_name: 'SessionStart', source: 'resume' },
      { name: 'SessionStart', source: 'resume' },
    ],
    [
      { hook_event_name: 'UserPromptSubmit', prompt: 'a\nb' },
      { name: 'UserPromptSubmit', prompt: 'a\nb' },
    ],
    [
      { hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { command: 'ls' }, tool_use_id: 't1' },
      { name: 'PreToolUse', tool: 'Bash', input: { command: 'ls' }, toolUseId: 't1' },
    ],
    [
      { hook_event_name: 'PermissionRequest', tool_name: 'Bash', tool_input: { command: 'ls' } },
      { name: 'PermissionRequest', tool: 'Bash', input: { command: 'ls' } },
    ],
    [
      { hook_event_name: 'Stop', last_assistant_message: 'done', background_tasks: [{}, {}] },
      { name: 'Stop', lastAssistantMessage: 'done', backgroundTasks: 2, stopHookActive: false },
    ],
    [
      { hook_event_name: 'Stop' },
      { name: 'Stop', lastAssistantMessage: null, backgroundTasks: 0, stopHookActive: false },
    ],
    [
      { hook_event_name: 'StopFailure', error: 'unknown', last_assistant_message: 'API Error: 400' },
      { name: 'StopFailure', error: 'unknown', lastAssistantMessage: 'API Error: 400' },
    ],
    [
      { hook_event_name: 'MessageDisplay', delta: 'text', index: 0, final: true },
      { name: 'MessageDisplay', delta: 'text', final: true },
    ],
    [
      { hook_event_name: 'PreCompact', trigger: 'auto' },
      { name: 'PreCompact', trigger: 'auto' },
    ],
    [
      { hook_event_name: 'SomethingNew', more: 1 },
      { name: 'other', event: 'SomethingNew' },
    ],
  ])('%o', (body, expected) => {
    expect(parseHookBody({ ...common, ...body })).toEqual({ ...where, ...expected });
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'Stop'],
    ['a list', []],
    ['no event', common],
    ['no session', { hook_event_name: 'Stop' }],
  ])('%s is no hook', (_, body) => {
    expect(parseHookBody(body)).toBeNull();
  });

  it('an event with a missing part is kept as one that is not used', () => {
    expect(parseHookBody({ ...common, hook_event_name: 'UserPromptSubmit' })).toMatchObject({
      name: 'other',
      event: 'UserPromptSubmit',
    });
  });
});

it('replies in the shapes that Claude Code obeys', () => {
  const tool = (permissionDecision: string, permissionDecisionReason: string) => ({
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, permissionDecisionReason },
  });
  const request = (decision: unknown) => ({
    hookSpecificOutput: { hookEventName: 'PermissionRequest', decision },
  });
  expect(allowTool('rule')).toEqual(tool('allow', 'rule'));
  expect(denyTool('no')).toEqual(tool('deny', 'no'));
  expect(askTool('unsure')).toEqual(tool('ask', 'unsure'));
  expect(allowRequest()).toEqual(request({ behavior: 'allow' }));
  expect(denyRequest('no')).toEqual(request({ behavior: 'deny', message: 'no' }));
});
