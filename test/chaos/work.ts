import type { Random } from './random.ts';

/** One task of the run. What is answered, the agents' own transcripts say. */
export interface Work {
  /** Unique in the run; in the prompt and in the answer. */
  readonly mark: string;
  readonly target: { readonly role: string } | { readonly slotId: string };
  readonly prompt: string;
}

/** How prompts are worded so that the agent of this run does what is asked. */
export type Wording = (mark: string, asked: Asked) => string;

interface Asked {
  readonly workMs: number;
  readonly tools: number;
  /** How many of the tools ask a person first. */
  readonly asks: number;
  readonly words: number;
}

/** For the small agent in `agent/`, which reads the numbers. */
export const forSmallAgent: Wording = (mark, { workMs, tools, asks, words }) =>
  `Chaos ${mark}: work ${workMs} ms, use ${tools} tools, ask ${asks} times, say ${words} words.`;

/** For the real Claude Code with the scripted model, which obeys lines. */
export const forScriptedModel: Wording = (mark, { workMs, tools, asks, words }) => {
  const answer = [`done ${mark}`, ...Array.from({ length: words }, (_, index) => `word${index}`)].join(' ');
  const commandOf = (index: number): string =>
    index < asks
      ? `touch ${mark}-${index}`
      : `sleep ${(workMs / 1_000 / tools).toFixed(2)}; echo ${mark} ${index}`;
  const steps = Array.from(
    { length: tools },
    (_, index) => `tool: Bash ${JSON.stringify({ command: commandOf(index), description: 'work' })}`,
  );
  return [...steps, `say: ${answer}`].join('\nthen ');
};

const LONGEST_WORK_MS = 2_000;
const MOST_TOOLS = 3;
const MOST_WORDS = 60;
/** Some of the work needs somebody's consent. */
const ASKING_SHARE = 0.2;
/** Some of the work names its slot. */
const PINNED_SHARE = 0.15;

export interface WorkSource {
  next(): Work;
}

export function createWorkSource(
  run: string,
  random: Random,
  wording: Wording,
  slots: readonly { readonly id: string; readonly role: string }[],
): WorkSource {
  let count = 0;
  return {
    next() {
      count += 1;
      const mark = `task-${run}-${count}`;
      const slot = random.pick(slots);
      const tools = random.between(0, MOST_TOOLS);
      const asked = {
        workMs: random.between(50, LONGEST_WORK_MS),
        tools,
        asks: tools > 0 && random.next() < ASKING_SHARE ? 1 : 0,
        words: random.between(1, MOST_WORDS),
      };
      const target = random.next() < PINNED_SHARE ? { slotId: slot.id } : { role: slot.role };
      return { mark, target, prompt: wording(mark, asked) };
    },
  };
}

/** The mark in a prompt or an answer; null when there is none. */
export function markIn(text: string): string | null {
  return /\btask-[0-9a-f]+-\d+\b/.exec(text)?.[0] ?? null;
}
