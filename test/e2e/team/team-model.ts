import { z } from 'zod';
import type { MessagesRequest } from '../../../services/scripted-model/conversation.ts';
import type { Reply } from '../../../services/scripted-model/script.ts';
import { type Call, planOf } from './team-plans.ts';

/** What does not work is tried again: a daemon that was killed comes back. */
const MOST_TRIES = 60;
/** Between two tries. Milliseconds for each of three words. */
const TRIES_AGAIN_WORD_MS = 200;
const WORD_MS = 10;
/** Claude Code says so of a tool whose session ended with it. */
const BROKEN_OFF = /interrupted|was not executed|cancelled/i;

const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().optional(),
  content: z.unknown().optional(),
});
type Block = z.infer<typeof Block>;
const Blocks = z.union([z.string().transform((text): Block[] => [{ type: 'text', text }]), z.array(Block)]);

export interface Made {
  readonly call: Call;
  /** Undefined while nothing has come back. */
  readonly result: string | undefined;
  readonly worked: boolean;
}

/** What an agent knows: who it is, what it was told, and what it has done. */
export interface Known {
  readonly system: string;
  /** Prompts, and lines of messages, however they came. */
  readonly told: readonly string[];
  readonly made: readonly Made[];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const blocks = z.array(Block).safeParse(content);
  return blocks.success ? blocks.data.map(({ text }) => text ?? '').join('\n') : '';
}

const linesOfMessages = (text: string): readonly string[] => text.match(/^\| .*$/gm) ?? [];

function readKnown({ system, messages }: MessagesRequest): Known {
  const told: string[] = [];
  const calls: { readonly id: string; readonly call: Call }[] = [];
  const results = new Map<string, { readonly text: string; readonly isError: boolean }>();
  for (const { role, content } of messages)
    for (const block of Blocks.parse(content)) {
      if (role === 'assistant') {
        const { type, id, name, input = {} } = block;
        if (type === 'tool_use' && id !== undefined && name !== undefined)
          calls.push({ id, call: { name, input } });
      } else if (block.type === 'tool_result') {
        const text = textOf(block.content);
        told.push(...linesOfMessages(text));
        results.set(block.tool_use_id ?? '', { text, isError: block.is_error === true });
      } else if (block.text !== undefined) told.push(block.text);
    }
  const made = calls.map(({ id, call }): Made => {
    const result = results.get(id);
    const worked = result !== undefined && !result.isError && !BROKEN_OFF.test(result.text);
    return { call, result: result?.text, worked };
  });
  return { system: JSON.stringify(system ?? ''), told, made };
}

const isSame = (one: Call, other: Call): boolean =>
  one.name === other.name && JSON.stringify(one.input) === JSON.stringify(other.input);

/**
 * An agent that does what it was told and has not done yet, one thing after another. It goes by its whole conversation, so
 * that one which was broken off in the middle goes on there.
 */
export function teamModel(request: MessagesRequest): Reply | null {
  const known = readKnown(request);
  const plan = planOf(known);
  if (plan === null) return null;
  for (const call of plan) {
    const tries = known.made.filter((made) => isSame(made.call, call));
    if (tries.some(({ worked }) => worked) || (call.once === true && tries.length > 0)) continue;
    const failed = tries.at(-1)?.result ?? '';
    if (tries.length >= MOST_TRIES)
      return {
        kind: 'blocks',
        blocks: [{ type: 'text', text: `It does not work: ${failed}` }],
        wordMs: WORD_MS,
      };
    const text = tries.length === 0 ? 'I go on.' : 'Once more, then.';
    const { name, input } = call;
    const wordMs = tries.length === 0 ? WORD_MS : TRIES_AGAIN_WORD_MS;
    return {
      kind: 'blocks',
      blocks: [
        { type: 'text', text },
        { type: 'tool_use', name, input },
      ],
      wordMs,
    };
  }
  return { kind: 'blocks', blocks: [{ type: 'text', text: 'Nothing is left to do.' }], wordMs: WORD_MS };
}
