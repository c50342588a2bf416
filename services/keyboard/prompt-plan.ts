import { atLeast } from '../claude/version-order.ts';
import type { Failure } from '../errors/mission-error.ts';
import { cleanPrompt } from './clean-prompt.ts';

/** One write to the pseudo-terminal and the pause after it, in milliseconds. */
export interface PromptWrite {
  readonly data: string;
  readonly pauseMs: number;
}

export type PromptPlan =
  | {
      readonly ok: true;
      /** `typed`: as by hand. `pasted`: as a bracketed paste. */
      readonly way: 'typed' | 'pasted';
      readonly writes: readonly PromptWrite[];
      /** From the moment at which the text stands in the box to Enter, in milliseconds. */
      readonly settleMs: number;
      /** Sent alone, after the text stands in the box: a CR in the same write can be taken as text. */
      readonly submit: '\r';
      /** The words as UserPromptSubmit should carry them; compared with `sameWords`. */
      readonly expected: string;
    }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Code points in one write. Measured on 2.1.329 with 60,000 characters: up to 256 every 5 ms arrive as typed text,
 * 300 with line feeds in them count as a paste, and so do several writes that a busy machine reads at once.
 * A quarter of the limit leaves room for that.
 */
const CHUNK_CHARACTERS = 64;
/** Pause between two writes, so that the program reads them apart; 2 ms lost a piece once (2.1.150). 60,000 characters take 5 s. */
const CHUNK_PAUSE_MS = 5;

/** Typing this much takes 8 s; 60,000 were measured to arrive whole. More belongs in a file. */
export const MAX_PROMPT_CHARACTERS = 100_000;

/**
 * To here (measured on 2.0.60, 2.1.30, 2.1.150 and 2.1.250) a paste arrives as it is. Typed in several writes, texts lost
 * pieces there when the machine was busy (2.0.60, 2.1.30).
 */
const PASTES_AS_IS_UNTIL = '2.1.250';
/**
 * A pasted text stands in the box before it is settled: Enter within 60 ms took it away and left a line feed (2.0.60,
 * 2.1.30); 120 ms later it never did, nor did it in 2.1.150.
 */
const PASTE_SETTLED_MS = 500;
/** From here on (measured on 2.1.329, not on 2.1.250) a paste of several lines arrives wrapped and runs no command. */
const WRAPS_PASTES = '2.1.329';
/** A paste counts as several lines, and is wrapped, when this is added. Two line feeds were not enough, four were. */
const PASTE_TAIL = '\n\n\n\n';
const PASTE_START = '\u001b[200~';
const PASTE_END = '\u001b[201~';

/** `/name` and then nothing or a space is a command, also after blanks. `/usr/bin/env` is not. */
const SLASH_COMMAND = /^\s*\/[\w:-]*(?=\s|$)/;
/** Words that end the session when they stand alone. */
const EXIT_WORD = /^\s*(?:exit|quit|:q!?|:wq!?)\s*$/i;
/** `!` runs a shell command; `#` and `&` did things of their own in other versions; `?` alone opens the help. */
const MODE_CHARACTER = /^(?:[!&]|#(?!\S*\s)|\?$)/;

function refuse(code: Failure['code'], message: string, remedy: string): PromptPlan {
  return { ok: false, failure: { code, message, remedy } };
}

function typed(text: string): readonly PromptWrite[] {
  const characters = [...text];
  const writes: PromptWrite[] = [];
  for (let start = 0; start < characters.length; start += CHUNK_CHARACTERS) {
    const data = characters.slice(start, start + CHUNK_CHARACTERS).join('');
    writes.push({ data, pauseMs: CHUNK_PAUSE_MS });
  }
  return writes;
}

function pasted(text: string): readonly PromptWrite[] {
  return [{ data: `${PASTE_START}${text}${PASTE_END}`, pauseMs: CHUNK_PAUSE_MS }];
}

/**
 * Says how a text is typed so that Claude Code takes it as the person's words and nothing else.
 * Control characters and escape sequences are left out, tabs become spaces, the text is composed (NFC).
 * `version` is Claude Code's own (`2.1.329`). Failures: `prompt_empty`, `prompt_too_long`, `prompt_refused`.
 */
export function planPrompt(text: string, { version }: { readonly version: string }): PromptPlan {
  // Claude Code trims the end itself and keeps the beginning.
  const words = cleanPrompt(text).trimEnd();
  if (words.trim() === '') {
    return refuse('prompt_empty', 'The prompt holds no printable character.', 'Say what is to be done.');
  }
  if (words.length > MAX_PROMPT_CHARACTERS) {
    return refuse(
      'prompt_too_long',
      `The prompt has ${words.length} characters; a terminal session takes ${MAX_PROMPT_CHARACTERS}.`,
      'Write the text to a file in the working directory of the slot and name the file in the prompt.',
    );
  }
  const isCommand = SLASH_COMMAND.test(words);
  if (isCommand || EXIT_WORD.test(words)) {
    if (atLeast(version, WRAPS_PASTES)) {
      const writes = pasted(`${words}${PASTE_TAIL}`);
      return { ok: true, way: 'pasted', writes, settleMs: 0, submit: '\r', expected: words };
    }
    const word = words.trim().split(/\s/, 1)[0] ?? '';
    return refuse(
      'prompt_refused',
      `Claude Code ${version} would run \`${word}\` as a command of its own instead of reading it.`,
      'Put a word in front of it, or attach to the slot and type it there.',
    );
  }
  // A leading blank turns the special meaning off and reaches the model as it is.
  const guarded = MODE_CHARACTER.test(words) ? ` ${words}` : words;
  // A blank at the end, which is trimmed on arrival, closes the lists that open at `@file`, `:emoji` and `/command`,
  // where Enter would choose an entry, and keeps a last backslash from making Enter a line feed.
  const writes = typed(`${guarded} `);
  if (writes.length > 1 && atLeast(PASTES_AS_IS_UNTIL, version)) {
    return {
      ok: true,
      way: 'pasted',
      writes: pasted(`${guarded} `),
      settleMs: PASTE_SETTLED_MS,
      submit: '\r',
      expected: guarded,
    };
  }
  return { ok: true, way: 'typed', writes, settleMs: 0, submit: '\r', expected: guarded };
}
