import { z } from 'zod';

const text = z.string().catch('');
const Common = {
  session_id: z.string(),
  transcript_path: z.string().optional().catch(undefined),
  cwd: z.string().optional().catch(undefined),
  permission_mode: z.string().optional().catch(undefined),
  agent_id: z.string().optional().catch(undefined),
  prompt_id: z.string().optional().catch(undefined),
};
const Tool = {
  ...Common,
  tool_name: z.string(),
  tool_input: z.unknown(),
  tool_use_id: z.string().optional().catch(undefined),
};
const Compaction = { ...Common, trigger: text };
const event = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.object({ hook_event_name: z.literal(name), ...shape });

/** Bodies as 2.1.329 and 2.1.150 send them; fields that are not used are dropped. */
const Known = z.discriminatedUnion('hook_event_name', [
  event('SessionStart', { ...Common, source: text }),
  event('UserPromptSubmit', { ...Common, prompt: z.string() }),
  event('PreToolUse', Tool),
  event('PermissionRequest', Tool),
  event('PostToolUse', { ...Tool, tool_response: z.unknown() }),
  event('PostToolUseFailure', { ...Tool, error: text }),
  event('MessageDisplay', { ...Common, delta: text, final: z.boolean().catch(false) }),
  event('Stop', {
    ...Common,
    last_assistant_message: z.string().nullable().catch(null),
    background_tasks: z.array(z.unknown()).catch([]),
    stop_hook_active: z.boolean().catch(false),
  }),
  event('StopFailure', { ...Common, error: text, last_assistant_message: z.string().nullable().catch(null) }),
  event('PreCompact', Compaction),
  event('PostCompact', Compaction),
  event('SessionEnd', { ...Common, reason: text }),
]);
const Other = z.object({ hook_event_name: z.string(), ...Common });

interface Where {
  readonly sessionId: string;
  readonly transcriptPath?: string;
  readonly cwd?: string;
  readonly permissionMode?: string;
  /** The subagent whose tool this is: it carries the session's own id (2.1.329). */
  readonly agentId?: string;
  /** The prompt that began the turn (2.1.329); also in what a person adds while that turn goes on. */
  readonly promptId?: string;
}
interface ToolCall extends Where {
  readonly tool: string;
  /** As the tool gets it; its shape is the tool's own. */
  readonly input: unknown;
  readonly toolUseId?: string;
}

/** A hook as the daemon uses it. `lastAssistantMessage` is null when this version does not send it. */
export type HookBody =
  | (Where & { readonly name: 'SessionStart'; readonly source: string })
  | (Where & { readonly name: 'UserPromptSubmit'; readonly prompt: string })
  | (ToolCall & { readonly name: 'PreToolUse' | 'PermissionRequest' })
  | (ToolCall & { readonly name: 'PostToolUse'; readonly toolResponse: unknown })
  | (ToolCall & { readonly name: 'PostToolUseFailure'; readonly error: string })
  | (Where & { readonly name: 'MessageDisplay'; readonly delta: string; readonly final: boolean })
  | (Where & {
      readonly name: 'Stop';
      readonly lastAssistantMessage: string | null;
      readonly backgroundTasks: number;
      readonly stopHookActive: boolean;
    })
  | (Where & {
      readonly name: 'StopFailure';
      readonly error: string;
      readonly lastAssistantMessage: string | null;
    })
  /** `manual` for `/compact`, `auto` in the middle of a turn. */
  | (Where & { readonly name: 'PreCompact' | 'PostCompact'; readonly trigger: string })
  | (Where & { readonly name: 'SessionEnd'; readonly reason: string })
  | (Where & { readonly name: 'other'; readonly event: string });

function whereOf(body: z.infer<typeof Known> | z.infer<typeof Other>): Where {
  return {
    sessionId: body.session_id,
    ...(body.transcript_path === undefined ? {} : { transcriptPath: body.transcript_path }),
    ...(body.cwd === undefined ? {} : { cwd: body.cwd }),
    ...(body.permission_mode === undefined ? {} : { permissionMode: body.permission_mode }),
    ...(body.agent_id === undefined ? {} : { agentId: body.agent_id }),
    ...(body.prompt_id === undefined ? {} : { promptId: body.prompt_id }),
  };
}

type KnownTool = Extract<z.infer<typeof Known>, { tool_name: string }>;

function toolOf(body: KnownTool): ToolCall {
  const call = { ...whereOf(body), tool: body.tool_name, input: body.tool_input };
  return body.tool_use_id === undefined ? call : { ...call, toolUseId: body.tool_use_id };
}

function fromKnown(body: z.infer<typeof Known>): HookBody {
  const where = whereOf(body);
  switch (body.hook_event_name) {
    case 'SessionStart':
      return { name: 'SessionStart', ...where, source: body.source };
    case 'UserPromptSubmit':
      return { name: 'UserPromptSubmit', ...where, prompt: body.prompt };
    case 'PreToolUse':
    case 'PermissionRequest':
      return { name: body.hook_event_name, ...toolOf(body) };
    case 'PostToolUse':
      return { name: 'PostToolUse', ...toolOf(body), toolResponse: body.tool_response };
    case 'PostToolUseFailure':
      return { name: 'PostToolUseFailure', ...toolOf(body), error: body.error };
    case 'MessageDisplay':
      return { name: 'MessageDisplay', ...where, delta: body.delta, final: body.final };
    case 'Stop':
      return {
        name: 'Stop',
        ...where,
        lastAssistantMessage: body.last_assistant_message,
        backgroundTasks: body.background_tasks.length,
        stopHookActive: body.stop_hook_active,
      };
    case 'StopFailure':
      return {
        name: 'StopFailure',
        ...where,
        error: body.error,
        lastAssistantMessage: body.last_assistant_message,
      };
    case 'SessionEnd':
      return { name: 'SessionEnd', ...where, reason: body.reason };
    case 'PreCompact':
    case 'PostCompact':
      return { name: body.hook_event_name, ...where, trigger: body.trigger };
  }
}

/** Reads the body of a hook. An event that is not used is `other`; what is no hook at all is null. */
export function parseHookBody(body: unknown): HookBody | null {
  const known = Known.safeParse(body);
  if (known.success) return fromKnown(known.data);
  const other = Other.safeParse(body);
  if (!other.success) return null;
  return { name: 'other', event: other.data.hook_event_name, ...whereOf(other.data) };
}
/** Answers that Claude Code obeys, in the shapes that were tried on 2.1.329. `{}` says nothing and changes nothing. */
export type HookReply = Record<string, unknown>;

function toolDecision(
  permissionDecision: 'allow' | 'deny' | 'ask',
  permissionDecisionReason?: string,
): HookReply {
  const decision = { hookEventName: 'PreToolUse', permissionDecision };
  return {
    hookSpecificOutput:
      permissionDecisionReason === undefined ? decision : { ...decision, permissionDecisionReason },
  };
}

/** PreToolUse: the tool runs without a question. */
export function allowTool(reason?: string): HookReply {
  return toolDecision('allow', reason);
}

/** PreToolUse: the tool does not run; the model reads the reason. */
export function denyTool(reason: string): HookReply {
  return toolDecision('deny', reason);
}

/** PreToolUse: Claude Code asks, which brings a PermissionRequest and a dialog. */
export function askTool(reason: string): HookReply {
  return toolDecision('ask', reason);
}

/** PermissionRequest: yes, this once. The dialog on the screen closes. */
export function allowRequest(): HookReply {
  return { hookSpecificOutput: { hookEventName: 'PermissionRequest', decision: { behavior: 'allow' } } };
}

/** PermissionRequest: no; the model reads the message. */
export function denyRequest(message: string): HookReply {
  return {
    hookSpecificOutput: { hookEventName: 'PermissionRequest', decision: { behavior: 'deny', message } },
  };
}

/** The model reads this beside what the person says, or beside the result of a tool (tried on 2.1.150 and 2.1.329). */
export function addContext(
  hookEventName: 'SessionStart' | 'UserPromptSubmit' | 'PostToolUse',
  words: string | null,
): HookReply {
  return words === null ? {} : { hookSpecificOutput: { hookEventName, additionalContext: words } };
}
