import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { planPrompt } from '../../services/keyboard/prompt-plan.ts';
import { sameWords } from '../../services/keyboard/same-words.ts';
import type { ScreenReading } from '../../services/terminal/reading.ts';
import type { RealSession } from '../services/keyboard/real-session.ts';

/** A machine under load; nothing here is timed. */
const SEEN_WITHIN_MS = 45_000;
const DELIVERED_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 20;
/** A person's keys, one after another. */
const KEY_EVERY_MS = 25;

export const KEYS = { esc: '\u001b', clear: '\u0015', backspace: '\u007f' } as const;

/** What was waited for never stood on the screen. */
class NeverSeen extends Error {
  constructor(what: string, session: RealSession) {
    const { level, composer } = session.reader.reading();
    super(`${what} was never seen (${level}, box: ${composer.kind} "${composer.text.slice(0, 60)}")`);
  }
}

/** What the person at the terminal would miss if it changed. */
export function standing({ composer, dialog }: ScreenReading): string {
  return JSON.stringify({ composer, dialog });
}

export function isFree({ composer }: ScreenReading): boolean {
  return composer.kind === 'empty' || composer.kind === 'ghost';
}

export function draftOf({ composer }: ScreenReading): string {
  return composer.kind === 'draft' || composer.kind === 'menu' ? composer.text : '';
}

/** One real session, and what a delivery and a person do in it. */
export function createStage(session: RealSession) {
  const { version } = session.launch;

  async function see(what: string, fits: (reading: ScreenReading) => boolean): Promise<ScreenReading> {
    const until = Date.now() + SEEN_WITHIN_MS;
    while (!fits(session.reader.reading())) {
      if (Date.now() > until) throw new NeverSeen(what, session);
      await sleep(LOOK_EVERY_MS);
    }
    return session.reader.reading();
  }

  return {
    version,
    see,
    reading: () => session.reader.reading(),
    screen: () => session.text(),
    /** How far everything has come, for `since`. */
    mark: () => ({ hooks: session.hooks.length, requests: session.model.requests().length }),
    /** Prompts that the session took after the mark, what the model received, and turns that ended. */
    since({ hooks, requests }: { readonly hooks: number; readonly requests: number }) {
      const heard = session.hooks.slice(hooks);
      return {
        submitted: heard.flatMap((hook) => (hook.name === 'UserPromptSubmit' ? [hook.prompt] : [])),
        received: session.model
          .requests()
          .slice(requests)
          .map(({ prompt }) => prompt),
        ended: heard.filter(({ name }) => name === 'Stop' || name === 'StopFailure').length,
      };
    },
    /** Names in the working directory: none, unless something was executed. */
    files: () => readdirSync(session.cwd),
    /** At rest, and nothing in the box. */
    rest: () => see('a session at rest', (reading) => reading.level === 'idle' && isFree(reading)),

    /** Carries a prompt as the daemon does; `calledOff` is the task's cancellation. */
    async deliver(prompt: string, calledOff: AbortSignal = new AbortController().signal) {
      const plan = planPrompt(prompt, { version });
      const over = new AbortController();
      let announced = false;
      const submitted = new Promise<void>((heard) => {
        if (!plan.ok) return;
        session
          .nextHook(
            (hook) => hook.name === 'UserPromptSubmit' && sameWords(plan.expected, hook.prompt),
            over.signal,
          )
          .then(
            () => heard(),
            () => {},
          );
      });
      try {
        const typed = await session.keyboard.deliver(prompt, {
          signal: AbortSignal.any([calledOff, AbortSignal.timeout(DELIVERED_WITHIN_MS)]),
          submitted,
          typed: () => {
            announced = true;
          },
        });
        if (typed.ok && !announced) throw new Error('Enter was pressed before the ledger could know.');
        return typed;
      } finally {
        over.abort();
      }
    },

    /** A person's keys, through the door that attached people use. */
    async type(keys: string): Promise<void> {
      for (const key of keys) {
        await session.keyboard.passThrough(key);
        await sleep(KEY_EVERY_MS);
      }
    },

    /** A person deletes what they typed on one row. */
    async erase(): Promise<void> {
      await session.keyboard.passThrough(KEYS.clear);
      await see('an empty box', isFree);
    },

    press: (key: keyof typeof KEYS) => session.keyboard.passThrough(KEYS[key]),
    interrupt: () => session.keyboard.interrupt(AbortSignal.timeout(SEEN_WITHIN_MS)),
    close: () => session.close(),
  };
}

export type Stage = ReturnType<typeof createStage>;
