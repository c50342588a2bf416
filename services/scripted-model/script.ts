import { z } from 'zod';
import { isCompaction, type Turn } from './conversation.ts';

export type ReplyBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string }
  | { readonly type: 'tool_use'; readonly name: string; readonly input: Record<string, unknown> };

/** What the model does with a request. `wordMs`: milliseconds between two words. */
export type Reply =
  | { readonly kind: 'blocks'; readonly blocks: readonly ReplyBlock[]; readonly wordMs: number }
  | { readonly kind: 'error'; readonly status: number }
  | { readonly kind: 'flaky'; readonly status: number; readonly failures: number }
  | { readonly kind: 'hang' };

/** Fast enough for tests, slow enough that an answer is seen to stream. */
const USUAL_WORD_MS = 15;
/** A long answer is sent faster, so that it is whole after about this time. */
const WHOLE_ANSWER_MS = 2_000;
/** `slow:` and `think:` promise ten words a second. */
const SLOW_WORD_MS = 100;
/** A summary takes long enough to be seen. */
const SUMMARY_WORDS = 30;
/** Of a tool's result only the beginning is repeated. */
const RESULT_CHARACTERS = 200;
/** What Claude Code adds to a result for the model only. */
const NOTE_AFTER_RESULT = /\s*<system-reminder>[\s\S]*$/;

const ToolCall = z.tuple([z.string(), z.record(z.string(), z.unknown())]);
const Json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
});
const ToolInput = Json.pipe(z.record(z.string(), z.unknown()));
const ToolCalls = Json.pipe(z.array(ToolCall));
const Texts = Json.pipe(z.array(z.string()).min(1));

function words(count: number, word: string): string {
  return Array.from({ length: count }, (_, index) => `${word}${index}`).join(' ');
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index} of a long answer`).join('\n');
}

function say(text: string): Reply {
  const count = text.split(/\s+/).length;
  return {
    kind: 'blocks',
    blocks: [{ type: 'text', text }],
    wordMs: Math.min(USUAL_WORD_MS, WHOLE_ANSWER_MS / count),
  };
}

function slowly(count: number): Reply {
  return { kind: 'blocks', blocks: [{ type: 'text', text: words(count, 'word') }], wordMs: SLOW_WORD_MS };
}

function useTools(blocks: readonly ReplyBlock[]): Reply {
  return { kind: 'blocks', blocks, wordMs: USUAL_WORD_MS };
}

/** A prompt's steps: a line that begins with `then ` starts the next one. */
function stepsOf(prompt: string): readonly string[] {
  return prompt.split(/\n+then\s+/);
}

function tellResult({ results }: Turn): string {
  const last = results.at(-1);
  if (last === undefined) return 'no tool was used';
  const text = last.text.replace(NOTE_AFTER_RESULT, '').slice(0, RESULT_CHARACTERS).trim();
  if (last.isError) return `tool refused: ${text}`;
  return text === '' ? 'tool finished' : `tool finished: ${text}`;
}

function perform(step: string, turn: Turn): Reply {
  const [, verb = '', rest = ''] = /^(\w+)(?::\s?|\s*$)([\s\S]*)$/.exec(step) ?? [];
  const numbers = rest.split(' ').map(Number);
  const [first = 0, second = 0] = numbers.map((value) => (Number.isFinite(value) ? value : 0));
  switch (verb) {
    case 'say':
      return say(rest.replaceAll('{result}', tellResult(turn)));
    case 'texts': {
      const texts = Texts.safeParse(rest);
      if (!texts.success) return say('The script has no readable list of texts.');
      const blocks = texts.data.map((text) => ({ type: 'text' as const, text }));
      return { kind: 'blocks', blocks, wordMs: USUAL_WORD_MS };
    }
    case 'slow':
      return slowly(first);
    case 'lines':
      return {
        kind: 'blocks',
        blocks: [{ type: 'text', text: lines(first) }],
        wordMs: USUAL_WORD_MS,
      };
    case 'think':
      return {
        kind: 'blocks',
        blocks: [
          { type: 'thinking', thinking: words(first * (1000 / SLOW_WORD_MS), 'thought') },
          { type: 'text', text: 'done thinking' },
        ],
        wordMs: SLOW_WORD_MS,
      };
    case 'tool': {
      const [, name = '', json = ''] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
      const input = ToolInput.safeParse(json === '' ? '{}' : json);
      if (!input.success) return say(`The script has no readable input for ${name}.`);
      return useTools([
        { type: 'text', text: 'I will use a tool.' },
        { type: 'tool_use', name, input: input.data },
      ]);
    }
    case 'tools': {
      const calls = ToolCalls.safeParse(rest);
      if (!calls.success) return say('The script has no readable list of tools.');
      return useTools(calls.data.map(([name, input]) => ({ type: 'tool_use', name, input })));
    }
    case 'error':
      return { kind: 'error', status: first };
    case 'flaky':
      return { kind: 'flaky', status: first, failures: second };
    case 'hang':
      return { kind: 'hang' };
    case 'usage':
      return say(`Counted ${first} tokens.`);
    default:
      return say(`You said: ${turn.prompt.slice(0, 400)}`);
  }
}

/**
 * Decides the reply by the person's words:
 * `say: TEXT`, `texts: ["…", …]` (blocks of one message), `slow: WORDS`, `lines: LINES`, `think: SECONDS`, `tool: NAME {json}`, `tools: [[NAME, {…}], …]`, `error: STATUS`,
 * `flaky: STATUS FAILURES`, `usage: TOKENS`, `hang`. A request for a summary (`/compact`) gets one, slowly. A line `then STEP` follows when the tools of the step before
 * have answered; `{result}` in it stands for what they said. Without a further step the result itself is told.
 */
export function decideReply(turn: Turn): Reply {
  if (isCompaction(turn)) return slowly(SUMMARY_WORDS);
  const step = stepsOf(turn.prompt)[turn.rounds];
  return step === undefined ? say(tellResult(turn)) : perform(step, turn);
}

/** `usage: TOKENS` sets the number of input tokens that this and later replies report. */
export function usageAsked(prompt: string): number | undefined {
  const match = /^usage:\s*(\d+)/.exec(prompt);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
