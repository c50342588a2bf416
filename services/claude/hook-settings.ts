import { atLeast } from './version-order.ts';

/**
 * An hour, after which missiond denies by itself unless told otherwise, and two minutes in which it does. A question that
 * waits longer is answered on the screen, where the dialog stays.
 */
const PERSON_ANSWERS_WITHIN_S = 3_720;
/** Deciding a tool call takes a millisecond; a busy machine may need seconds. A call that times out is asked on the screen. */
const TOOL_DECIDED_WITHIN_S = 10;
/** The others are only told. */
const TOLD_WITHIN_S = 5;

/** Since when each event exists, as far as was tried: an unknown event would make older versions refuse the settings. */
const EVENTS = [
  ['SessionStart', '0.0.0'],
  ['UserPromptSubmit', '0.0.0'],
  ['PreToolUse', '0.0.0'],
  ['PermissionRequest', '2.1.0'],
  ['PostToolUse', '0.0.0'],
  ['PostToolUseFailure', '2.1.150'],
  ['MessageDisplay', '2.1.300'],
  ['Notification', '0.0.0'],
  ['Stop', '0.0.0'],
  ['StopFailure', '2.1.150'],
  ['SubagentStart', '2.1.150'],
  ['SubagentStop', '0.0.0'],
  ['PreCompact', '0.0.0'],
  ['PostCompact', '2.1.150'],
  ['SessionEnd', '0.0.0'],
] as const;

/** Events that carry a tool and want a matcher. */
const OF_TOOLS: ReadonlySet<string> = new Set([
  'PreToolUse',
  'PermissionRequest',
  'PostToolUse',
  'PostToolUseFailure',
]);

/** From here on (2.1.150 and 2.1.329 tried) a hook can be an HTTP request; before it must be a command. */
const HTTP_HOOKS_SINCE = '2.1.150';
/** Never sent over HTTP, not even by 2.1.329: the settings are accepted, but nothing arrives. */
const ONLY_AS_COMMAND: ReadonlySet<string> = new Set(['SessionStart']);

export interface HookDoor {
  readonly hookUrl: string;
  readonly slotToken: string;
  /** The shell command that carries a hook when HTTP is not to be had. */
  readonly relayCommand: string;
  readonly version: string;
}

function timeoutOf(event: string): number {
  if (event === 'PermissionRequest') return PERSON_ANSWERS_WITHIN_S;
  return event === 'PreToolUse' ? TOOL_DECIDED_WITHIN_S : TOLD_WITHIN_S;
}

/** The `hooks` of the session's settings: every event that the session's statechart or the policy uses. */
export function hookSettings({ hookUrl, slotToken, relayCommand, version }: HookDoor) {
  const overHttp = atLeast(version, HTTP_HOOKS_SINCE);
  const entries = EVENTS.filter(([, since]) => atLeast(version, since)).map(([event]) => {
    const timeout = timeoutOf(event);
    const hook =
      overHttp && !ONLY_AS_COMMAND.has(event)
        ? { type: 'http', url: hookUrl, headers: { Authorization: `Bearer ${slotToken}` }, timeout }
        : { type: 'command', command: relayCommand, timeout };
    return [event, [OF_TOOLS.has(event) ? { matcher: '*', hooks: [hook] } : { hooks: [hook] }]] as const;
  });
  return Object.fromEntries(entries);
}
