import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { ReplyBlock } from './script.ts';

/** A step that the script takes, in the order in which Claude Code can see it. */
export interface StreamStep {
  readonly type: 'thinking' | 'text' | 'tool_use';
  /** The tool's name, or how the text begins. */
  readonly detail?: string;
}

/** What an answer is said to have used. Tokens. */
export interface ReportedUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface StreamOptions {
  readonly id: number;
  readonly model: string;
  readonly usage: ReportedUsage;
  readonly wordMs: number;
  readonly onStep: (step: StreamStep) => void;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Nobody checks it, but a thinking block without one is refused. */
const THINKING_SIGNATURE = 'c2ln';
/** All that is said of an answer until it is whole. */
export const OUTPUT_AT_FIRST = 1;
/** Enough of a text to know it again on a screen. */
const HEAD_CHARACTERS = 40;

export function toolUseId(requestId: number, index: number): string {
  return `toolu_${requestId}_${index}`;
}

/** The message that a reply of these blocks begins with. */
export function messageHead({ id, model, usage }: Pick<StreamOptions, 'id' | 'model' | 'usage'>) {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: usage.input,
      output_tokens: OUTPUT_AT_FIRST,
      cache_creation_input_tokens: usage.cacheWrite,
      cache_read_input_tokens: usage.cacheRead,
    },
  };
}

export function stopReason(blocks: readonly ReplyBlock[]): 'tool_use' | 'end_turn' {
  return blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn';
}

/**
 * Sends the blocks as server-sent events, word by word. Resolves early when the client is gone.
 * @returns whether all of it was sent
 */
export async function streamReply(
  response: ServerResponse,
  blocks: readonly ReplyBlock[],
  options: StreamOptions,
): Promise<boolean> {
  const { signal, wordMs, onStep } = options;
  const send = (type: string, data: Record<string, unknown> = {}) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);

  async function sendWords(text: string, delta: (word: string) => Record<string, unknown>, index: number) {
    for (const word of text.split(/(?<=\s)/)) {
      if (signal.aborted) return;
      send('content_block_delta', { index, delta: delta(word) });
      await wait(wordMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async function sendBlock(block: ReplyBlock, index: number): Promise<void> {
    const start = (content_block: Record<string, unknown>) =>
      send('content_block_start', { index, content_block });
    if (block.type === 'text') {
      onStep({ type: 'text', detail: block.text.slice(0, HEAD_CHARACTERS) });
      start({ type: 'text', text: '' });
      await sendWords(block.text, (text) => ({ type: 'text_delta', text }), index);
    } else if (block.type === 'thinking') {
      onStep({ type: 'thinking' });
      start({ type: 'thinking', thinking: '', signature: '' });
      await sendWords(block.thinking, (thinking) => ({ type: 'thinking_delta', thinking }), index);
      send('content_block_delta', {
        index,
        delta: { type: 'signature_delta', signature: THINKING_SIGNATURE },
      });
    } else {
      onStep({ type: 'tool_use', detail: block.name });
      start({ type: 'tool_use', id: toolUseId(options.id, index), name: block.name, input: {} });
      const partial_json = JSON.stringify(block.input);
      send('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } });
    }
    send('content_block_stop', { index });
  }

  response.writeHead(200, { 'content-type': 'text/event-stream' });
  send('message_start', { message: messageHead(options) });
  for (const [index, block] of blocks.entries()) {
    if (signal.aborted) return false;
    await sendBlock(block, index);
  }
  if (signal.aborted) return false;
  send('message_delta', {
    delta: { stop_reason: stopReason(blocks), stop_sequence: null },
    usage: { output_tokens: options.usage.output },
  });
  send('message_stop');
  response.end();
  return true;
}
