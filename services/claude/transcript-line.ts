import { z } from 'zod';

const Block = z.looseObject({ type: z.string(), text: z.string().optional() });
const Content = z.union([z.string(), z.array(Block)]);
const Line = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('user'),
    isMeta: z.boolean().optional(),
    isCompactSummary: z.boolean().optional(),
    isSidechain: z.boolean().optional(),
    message: z.looseObject({ content: Content }),
  }),
  z.looseObject({
    type: z.literal('assistant'),
    isSidechain: z.boolean().optional(),
    isApiErrorMessage: z.boolean().optional(),
    message: z.looseObject({
      content: Content,
      stop_reason: z.string().nullish(),
    }),
  }),
  z.looseObject({
    type: z.literal('system'),
    subtype: z.string().optional(),
    isSidechain: z.boolean().optional(),
  }),
]);

/** What a line of a transcript says about the course of a turn. */
export type TranscriptFact =
  | { readonly kind: 'prompt'; readonly text: string }
  /** A person's slash command: what follows may be a turn of its own, or only what the command printed. */
  | { readonly kind: 'command' }
  | { readonly kind: 'interrupted' }
  /** One content block of an assistant message: a message of several blocks is written as several lines. */
  | {
      readonly kind: 'assistant';
      readonly texts: readonly string[];
      readonly stopReason: string | null;
      readonly callsTool: boolean;
      readonly isError: boolean;
    }
  | { readonly kind: 'toolResult' }
  | { readonly kind: 'turnEnded' };

/** Written as the person's words when Esc was pressed or a dialog refused. */
const INTERRUPTED = /^\[Request interrupted by user/;
const COMMAND = /^<command-(?:name|message)>/;
/** What a command of Claude Code's own printed, and the caveat before it. */
const PRINTED = /^<local-command-/;
/** Written after the turn, by version. */
const AFTER_A_TURN: ReadonlySet<string> = new Set(['turn_duration', 'stop_hook_summary']);
/** Only these matter; the others (requests, snapshots, attachments) are long and many. */
const WORTH_PARSING = /"type":"(?:user|assistant|system)"/;

function textsOf(content: z.infer<typeof Content>): readonly string[] {
  if (typeof content === 'string') return [content];
  return content.flatMap((block) => (block.type === 'text' && block.text !== undefined ? [block.text] : []));
}

/** Reads one line. Null for half lines, unknown types, subagents' lines and Claude Code's own notes. */
export function parseTranscriptLine(line: string): TranscriptFact | null {
  if (!WORTH_PARSING.test(line)) return null;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return null;
  }
  const parsed = Line.safeParse(json);
  if (!parsed.success || parsed.data.isSidechain === true) return null;
  const { data } = parsed;
  if (data.type === 'system') {
    return AFTER_A_TURN.has(data.subtype ?? '') ? { kind: 'turnEnded' } : null;
  }
  const { content } = data.message;
  if (data.type === 'assistant') {
    return {
      kind: 'assistant',
      texts: textsOf(content),
      stopReason: data.message.stop_reason ?? null,
      callsTool: typeof content !== 'string' && content.some(({ type }) => type === 'tool_use'),
      isError: data.isApiErrorMessage === true,
    };
  }
  // A compaction in mid-turn writes its summary as if the person had said it; the turn goes on.
  if (data.isMeta === true || data.isCompactSummary === true) return null;
  if (typeof content !== 'string' && content.some(({ type }) => type === 'tool_result')) {
    const refused = textsOf(content).some((text) => INTERRUPTED.test(text));
    return refused ? { kind: 'interrupted' } : { kind: 'toolResult' };
  }
  const text = textsOf(content).join('\n');
  if (PRINTED.test(text)) return null;
  if (COMMAND.test(text)) return { kind: 'command' };
  return INTERRUPTED.test(text) ? { kind: 'interrupted' } : { kind: 'prompt', text };
}
