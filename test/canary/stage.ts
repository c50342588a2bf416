import { setTimeout as sleep } from 'node:timers/promises';
import type { RealSession } from '../services/keyboard/real-session.ts';
import type { TrueState, TruthLog } from './truth-log.ts';

const KEYS = {
  enter: '\r',
  esc: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  tab: '\t',
  shiftTab: '\u001b[Z',
  space: ' ',
  backspace: '\u007f',
  ctrlB: '\u0002',
  ctrlC: '\u0003',
  ctrlJ: '\n',
  ctrlO: '\u000f',
  ctrlU: '\u0015',
} as const;
export type Key = keyof typeof KEYS;

/** The empty prompt box: its glyph at the left edge, in a frame or not. */
const READY = /^[│|]? ?[❯>](?:\s|$)/m;
/** A pointer at the first of numbered choices, at the left edge; nothing of the kind stands while there is a box. */
const FIRST_CHOICE = /^[│|]? {0,5}[❯>] *1\. /m;
const EMPTY_BOX = /^(?:[─╭]{8,}.*\n[│|]? ?[❯>]\s*[│|]?$)/m;
const asks = (screen: string): boolean => FIRST_CHOICE.test(screen) && !EMPTY_BOX.test(screen);
const POLL_MS = 20;
const SETTLES_MS = 150;
const STARTED_WITHIN_MS = 30_000;
const SEEN_WITHIN_MS = 15_000;
const ASKED_WITHIN_MS = 2_500;
const TURN_ENDS_WITHIN_MS = 90_000;
/** How long a dialog or a state at rest is left standing, so that there is something to score. */
const DWELL_MS = 1_500;
/** Longer or many-lined words are pasted, as a person would. */
const MOST_TYPED = 200;

/** The scenario could not be played: what it waited for never came. */
class StageError extends Error {
  constructor(what: string, screen: string) {
    super(`waited in vain for ${what}; the screen:\n${screen}`);
  }
}

/** What a scenario can do to a session, and how it tells the truth about it. */
export function createStage(
  session: RealSession,
  truth: TruthLog,
  put: (kind: 'i' | 'r', data: string) => void,
  size: { readonly columns: number; readonly rows: number; readonly version: string },
) {
  async function until(what: string, holds: () => boolean, withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    while (!holds()) {
      if (Date.now() > end) throw new StageError(what, session.text());
      await sleep(POLL_MS);
    }
  }

  const stage = {
    ...size,
    cwd: session.cwd,
    text: () => session.text(),
    pause: (ms: number) => sleep(ms),
    /** What stands on the screen from now on. */
    truth: (state: TrueState, why: string) => truth.set(state, why),
    write(data: string): void {
      put('i', data);
      session.write(data);
    },
    key: (key: Key) => stage.write(KEYS[key]),
    resize(columns: number, rows: number): void {
      put('r', `${columns}x${rows}`);
      session.resize(columns, rows);
    },
    see: (pattern: RegExp, withinMs = SEEN_WITHIN_MS) =>
      until(String(pattern), () => pattern.test(session.text()), withinMs),
    async type(text: string): Promise<void> {
      for (const character of text) {
        stage.write(character);
        await sleep(4);
      }
      await sleep(250);
    },
    async paste(text: string): Promise<void> {
      stage.write(`\u001b[200~${text}\u001b[201~`);
      await sleep(500);
    },
    /** From Enter on the turn goes on; the model's events carry the truth further. */
    async submit(text: string): Promise<void> {
      const stood = session.text();
      if (text.length > MOST_TYPED || text.includes('\n')) await stage.paste(text);
      else await stage.type(text);
      // A program that has not taken the words yet would take Enter for one of them.
      await until('the words in the box', () => session.text() !== stood, SEEN_WITHIN_MS);
      await sleep(SETTLES_MS);
      stage.key('enter');
      truth.set('thinking', 'enter');
    },
    /** Waits until the model has been asked: what is typed from then on is typed into a turn that goes on. */
    heard: () => until('the request', () => truth.changes.at(-1)?.why !== 'enter', TURN_ENDS_WITHIN_MS),
    idle: () => until('the end of the turn', () => truth.state() === 'idle', TURN_ENDS_WITHIN_MS),
    /** One whole turn without a dialog. */
    async ask(text: string, restMs = 900): Promise<void> {
      await stage.submit(text);
      await stage.idle();
      await sleep(restMs);
    },
    /** The first prompt box; `idle` is true from a second later on. */
    async start(): Promise<void> {
      await until('the prompt box', () => READY.test(session.text()), STARTED_WITHIN_MS);
      await sleep(1_200);
      truth.set('idle', 'prompt ready');
      await sleep(800);
    },
    /** Waits until a dialog stands, and lets it stand for a while. */
    async dialog(kind: string, pattern: RegExp = FIRST_CHOICE): Promise<void> {
      await stage.see(pattern);
      truth.set('confirming', 'dialog on screen', { dialog: kind });
      await sleep(DWELL_MS);
    },
    /** A person gives the turn up with a key. */
    async giveUp(key: Key, restMs = DWELL_MS): Promise<void> {
      stage.key(key);
      truth.giveUp('idle', `${key}: interrupted`);
      await sleep(restMs);
      // A turn that had not begun to answer puts its words back into the box (2.1.150 on).
      stage.key('ctrlU');
      await sleep(400);
    },
    /** Begins a turn; a permission that is asked for soon (older versions ask for more) is given. */
    async begin(text: string): Promise<void> {
      await stage.submit(text);
      const end = Date.now() + ASKED_WITHIN_MS;
      while (Date.now() < end && truth.state() !== 'idle') {
        await sleep(POLL_MS);
        if (truth.state() !== 'tool_running' || !asks(session.text())) continue;
        await stage.answer('enter');
        return;
      }
    },
    /** Answers the permission dialog that has come. */
    async answer(key: Key): Promise<void> {
      truth.set('confirming', 'dialog on screen', { dialog: 'permission' });
      await sleep(DWELL_MS);
      const before = session.text();
      stage.key(key);
      if (key === 'esc') truth.giveUp('idle', 'rejected');
      else truth.set('tool_running', 'allowed');
      await until('the dialog to close', () => session.text() !== before, SEEN_WITHIN_MS);
      await sleep(300);
    },
    /** A turn in which dialogs may ask for permission; each is answered with `key`. Its highlighted choice is Yes. */
    async permit(text: string, key: Key = 'enter'): Promise<void> {
      await stage.submit(text);
      const end = Date.now() + TURN_ENDS_WITHIN_MS;
      while (truth.state() !== 'idle') {
        if (Date.now() > end) throw new StageError('the end of the turn', session.text());
        await sleep(POLL_MS);
        if (truth.state() !== 'tool_running' || !asks(session.text())) continue;
        await stage.answer(key);
      }
      await sleep(1_000);
    },
  };
  return stage;
}

export type Stage = ReturnType<typeof createStage>;
/** What is played in one recording. */
export interface Scenario {
  readonly play: (stage: Stage) => Promise<void>;
  /** False: the folder is new, so Claude Code asks whether it is trusted. */
  readonly trusted?: boolean;
  /** What an HTTP error of the model means; `thinking` where it is tried again. */
  readonly errorMeans?: TrueState;
  readonly env?: Readonly<Record<string, string>>;
  /** Sizes at which it is played besides the usual one. */
  readonly sizes?: readonly (readonly [columns: number, rows: number])[];
  /** The accuracy that the terminal alone must reach, where the drawing itself misleads; the usual one if unsaid. */
  readonly leastAlone?: number;
  /** First version that can play it. */
  readonly since?: string;
}

/** The prompt that makes the scripted model call a tool. */
export function callTool(name: string, input: Readonly<Record<string, unknown>>): string {
  return `tool: ${name} ${JSON.stringify(input)}`;
}

/** The same for several tools at once. */
export function callTools(
  ...calls: readonly (readonly [name: string, input: Readonly<Record<string, unknown>>])[]
): string {
  return `tools: ${JSON.stringify(calls)}`;
}
