import { z } from 'zod';
import { type TaskListCall, taskListCallOf } from '../claude-tasks/task-results.ts';

/** What a field is not, it is without: a line of a newer version is read as far as it is known. */
const word = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const count = z.number().int().nonnegative().catch(0);

const ImageSource = z.object({ type: z.string(), media_type: word, data: word });
const Inner = z.object({ type: z.string(), text: word, source: ImageSource.optional().catch(undefined) });
const Block = z.object({
  type: z.string(),
  text: word,
  thinking: word,
  /** Of a tool_use. */
  id: word,
  name: word,
  input: z.unknown().optional(),
  /** Of a tool_result. */
  tool_use_id: word,
  is_error: flag,
  content: z
    .union([z.string(), z.array(Inner)])
    .optional()
    .catch(undefined),
  source: ImageSource.optional().catch(undefined),
});
export type Block = z.infer<typeof Block>;

const Usage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.object({ ephemeral_1h_input_tokens: count }).optional().catch(undefined),
});

const Line = z.object({
  type: z.string(),
  subtype: word,
  uuid: word,
  parentUuid: word,
  timestamp: word,
  sessionId: word,
  cwd: word,
  gitBranch: word,
  version: word,
  requestId: word,
  agentId: word,
  isSidechain: flag,
  isMeta: flag,
  isCompactSummary: flag,
  content: word,
  durationMs: z.number().optional().catch(undefined),
  summary: word,
  toolUseResult: z.unknown().optional(),
  message: z
    .object({
      id: word,
      model: word,
      // Whatever it says: what it has cost counts.
      content: z.union([z.string(), z.array(Block)]).catch([]),
      usage: Usage.optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
type Line = z.infer<typeof Line>;

const OfAgent = z.object({ agentId: z.string() });

/** What one answer of the model has used. Its lines repeat it, and so do copies of its conversation: it counts once. */
export interface AnswerUsage {
  /** The same for all lines of an answer, and for no other one. */
  readonly answer: string;
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  /** Written to the cache for five minutes. */
  readonly cacheWrite: number;
  /** Written to the cache for an hour. */
  readonly cacheWriteLong: number;
}

/** Where a line stands, as far as it says so itself. */
export type LineFacts = Pick<
  Line,
  'uuid' | 'parentUuid' | 'sessionId' | 'cwd' | 'gitBranch' | 'version' | 'agentId'
> & {
  /** Epoch milliseconds. */
  readonly at: number | null;
  readonly isSidechain: boolean;
};

/** What a line of a transcript is. */
export type Entry =
  | {
      readonly kind: 'message';
      readonly type: string;
      readonly facts: LineFacts;
      readonly from: 'user' | 'assistant';
      /** Not the person's words: Claude Code itself put them in. */
      readonly isPutIn: boolean;
      readonly blocks: readonly Block[];
      readonly apiMessageId: string | null;
      readonly model: string | null;
      /** None where no model has answered. */
      readonly usage: AnswerUsage | null;
      /** The subagent whose result this is. */
      readonly ofAgent: string | null;
      /** What it says of Claude Code's own task list. */
      readonly taskListCall: TaskListCall | null;
    }
  | {
      readonly kind: 'event';
      readonly type: string;
      readonly facts: LineFacts;
      readonly event: string;
      readonly content: string;
    }
  /** Of no interest, or not known: only counted. */
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'broken' };

/** Lines that begin with such a type are long, many, and no messages: requests to the API, copies of files. */
const TYPE_FIRST = /^\{"type":"([a-z][a-z0-9-]{0,60})"/;
const MESSAGES_AND_EVENTS: ReadonlySet<string> = new Set([
  'user',
  'assistant',
  'system',
  'summary',
  'ai-title',
  'custom-title',
]);
/** In place of an answer, and of no model. */
const NO_MODEL = '<synthetic>';
/** What a command of Claude Code's own printed, the caveat before it, and the command itself. */
const PRINTED = /^<(?:local-command-|command-name|command-message|bash-stdout|bash-stderr)/;

function factsOf(line: Line): LineFacts {
  const { uuid, parentUuid, sessionId, cwd, gitBranch, version, agentId } = line;
  const at = line.timestamp === undefined ? Number.NaN : Date.parse(line.timestamp);
  return {
    uuid,
    parentUuid,
    sessionId,
    cwd,
    gitBranch,
    version,
    agentId,
    at: Number.isNaN(at) ? null : at,
    isSidechain: line.isSidechain === true,
  };
}

function usageOf({ message, requestId, sessionId }: Line): AnswerUsage | null {
  const { id, model, usage } = message ?? {};
  if (id === undefined || model === undefined || model === NO_MODEL || usage === undefined) return null;
  const written = usage.cache_creation_input_tokens;
  const long = Math.min(written, usage.cache_creation?.ephemeral_1h_input_tokens ?? 0);
  return {
    // A copy of a conversation repeats both ids; without the second one the first may be used again by another session.
    answer: `${id} ${requestId ?? sessionId ?? ''}`,
    model,
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens,
    cacheWrite: written - long,
    cacheWriteLong: long,
  };
}

function eventOf(line: Line): Entry {
  const { type, subtype } = line;
  const content =
    line.content ?? line.summary ?? (line.durationMs === undefined ? '' : `${line.durationMs}ms`);
  return { kind: 'event', type, facts: factsOf(line), event: subtype ?? type, content };
}

/**
 * Reads one line of a transcript, of whatever version. Never throws: what is no JSON is broken, what is not known is
 * named by its type.
 */
export function readEntry(text: string): Entry {
  const first = TYPE_FIRST.exec(text)?.[1];
  if (first !== undefined && !MESSAGES_AND_EVENTS.has(first) && text.endsWith('}'))
    return { kind: 'other', type: first };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'broken' };
  }
  const parsed = Line.safeParse(json);
  if (!parsed.success) return { kind: 'other', type: 'unknown' };
  const line = parsed.data;
  const { type, message } = line;
  if (type === 'user' || type === 'assistant') {
    if (message === undefined) return { kind: 'other', type: `${type}?` };
    const blocks: readonly Block[] =
      typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
    const [words] = blocks;
    const isPrinted = words?.type === 'text' && PRINTED.test(words.text ?? '');
    return {
      kind: 'message',
      type,
      facts: factsOf(line),
      from: type,
      isPutIn: type === 'user' && (line.isMeta === true || line.isCompactSummary === true || isPrinted),
      blocks,
      apiMessageId: message.id ?? null,
      model: message.model === undefined || message.model === NO_MODEL ? null : message.model,
      usage: usageOf(line),
      ofAgent: OfAgent.safeParse(line.toolUseResult).data?.agentId ?? null,
      taskListCall: taskListCallOf(line.toolUseResult),
    };
  }
  return MESSAGES_AND_EVENTS.has(type) ? eventOf(line) : { kind: 'other', type: type.slice(0, 64) };
}
