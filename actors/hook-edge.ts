import type { SessionEvent } from '../machines/session-events.ts';
import type { HookBody } from '../services/claude/hook-body.ts';

/** Of these only the session's own move it: a subagent's carry the session's id, and its work goes on behind the turn. */
const OF_ITS_OWN: ReadonlySet<HookBody['name']> = new Set([
  'UserPromptSubmit',
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
  'MessageDisplay',
  'Stop',
  'StopFailure',
]);

/** The edge that a hook is for the session machine. */
export function edgeOf(hook: HookBody, epoch: string, at: number): SessionEvent {
  const base = { epoch, at, sessionId: hook.sessionId };
  if (hook.agentId !== undefined && OF_ITS_OWN.has(hook.name))
    return { ...base, type: 'hook.other', name: `${hook.name} of a subagent` };
  switch (hook.name) {
    case 'SessionStart':
      return { ...base, type: 'hook.sessionStarted', source: hook.source };
    case 'UserPromptSubmit':
      return { ...base, type: 'hook.promptSubmitted' };
    case 'PreToolUse':
      return { ...base, type: 'hook.toolStarted', tool: hook.tool };
    case 'PermissionRequest':
      return { ...base, type: 'hook.permissionRequested', tool: hook.tool };
    case 'PostToolUse':
    case 'PostToolUseFailure':
      return { ...base, type: 'hook.toolEnded' };
    case 'MessageDisplay':
      return { ...base, type: 'hook.messageShown' };
    case 'Stop':
      return { ...base, type: 'hook.stopped', backgroundTasks: hook.backgroundTasks };
    case 'StopFailure':
      return { ...base, type: 'hook.stopFailed', error: hook.error };
    case 'PreCompact':
      return { ...base, type: 'hook.compacting' };
    case 'PostCompact':
      return { ...base, type: 'hook.compacted', byHand: hook.trigger === 'manual' };
    case 'other':
      return { ...base, type: 'hook.other', name: hook.event };
    default:
      return { ...base, type: 'hook.other', name: hook.name };
  }
}
