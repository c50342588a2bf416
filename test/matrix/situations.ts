import {
  mustArrive,
  mustArriveBeforeKeys,
  mustBeRefused,
  mustBeTakenBack,
  mustLeaveDraft,
  type Outcome,
} from './attempt.ts';
import type { Payload } from './payloads.ts';
import { draftOf, isFree, type Stage } from './stage.ts';

/** Sessions of the same kind are shared. */
export interface SessionKind {
  readonly columns?: number;
  readonly rows?: number;
  readonly trusted?: boolean;
  /** Suggested prompts, which our profile switches off. */
  readonly suggests?: boolean;
}

/** What the session is doing when the delivery comes. */
export interface Situation {
  readonly session: SessionKind;
  /** Brings it about. */
  readonly enter: (stage: Stage) => Promise<unknown>;
  readonly attempt: (stage: Stage, payload: Payload) => Promise<Outcome>;
  /** Undone, the session is at rest again. Absent: the session is not used further. */
  readonly leave?: (stage: Stage) => Promise<unknown>;
  /** Instead of all payloads. */
  readonly payloads?: (stage: Stage) => Readonly<Record<string, Payload>>;
}

const USUAL: SessionKind = {};
const SMALL: SessionKind = { columns: 80, rows: 24 };
const DRAFT = "a person's draft, not to be sent";
const QUESTION = {
  questions: [
    {
      question: 'Which colour?',
      header: 'Colour',
      multiSelect: false,
      options: [
        { label: 'Red', description: 'warm' },
        { label: 'Blue', description: 'cold' },
      ],
    },
  ],
};

async function delivered(stage: Stage, prompt: string): Promise<void> {
  let typed = await stage.deliver(prompt);
  // An interrupted turn may put its words into the box while these are typed; they are taken back together.
  if (!typed.ok && typed.failure.code === 'composer_occupied') typed = await stage.deliver(prompt);
  if (!typed.ok) throw new Error(`The situation could not be brought about: ${typed.failure.message}`);
}

/** One whole turn. */
async function answered(stage: Stage, prompt: string): Promise<void> {
  const mark = stage.mark();
  await delivered(stage, prompt);
  await stage.see('the answer', () => stage.since(mark).ended > 0);
  await stage.rest();
}

/** A turn that ends when the situation is left. */
function turn(prompt: string, fits: Parameters<Stage['see']>[1]) {
  return async (stage: Stage) => {
    await stage.rest();
    await delivered(stage, prompt);
    await stage.see(prompt, (reading) => fits(reading) && draftOf(reading) === '');
  };
}

async function interrupt(stage: Stage): Promise<void> {
  const interrupted = await stage.interrupt();
  if (!interrupted.ok) throw new Error(interrupted.failure.message);
  await stage.see('an open prompt', (reading) => reading.level !== 'dialog' && isFree(reading));
  // The interrupted turn is not what the next delivery is judged by.
  await answered(stage, 'say: the interrupted turn is over');
}

const busy: Situation = {
  session: USUAL,
  enter: turn('slow: 3000', ({ level }) => level === 'responding' || level === 'thinking'),
  attempt: mustBeRefused('slot_not_idle'),
  leave: interrupt,
};

const suggestion = (stage: Stage): string =>
  /^[❯>][ \u00a0](\S.*)$/m.exec(stage.screen().split('\n').reverse().join('\n'))?.[1]?.trim() ?? '';

export const situations: Readonly<Record<string, Situation>> = {
  idle: { session: USUAL, enter: (stage) => stage.rest(), attempt: mustArrive, leave: async () => {} },
  busy,
  'busy in a small terminal': {
    ...busy,
    session: SMALL,
    // Interrupted before its first word, it comes back into the box.
    enter: turn('think: 300', ({ level }) => level === 'thinking'),
  },
  draft: {
    session: USUAL,
    enter: async (stage) => {
      await stage.rest();
      await stage.type(DRAFT);
      await stage.see('the draft', (reading) => draftOf(reading) === DRAFT);
    },
    attempt: mustBeRefused('composer_occupied'),
    leave: (stage) => stage.erase(),
  },
  'slash menu': {
    session: USUAL,
    enter: async (stage) => {
      await stage.rest();
      await stage.type('/');
      await stage.see('the slash menu', ({ composer }) => composer.kind === 'menu');
    },
    attempt: mustBeRefused('composer_occupied'),
    leave: async (stage) => {
      await stage.press('backspace');
      await stage.rest();
    },
  },
  'permission dialog': {
    session: USUAL,
    enter: turn(
      'tool: Bash {"command":"touch executed","description":"x"}',
      ({ level }) => level === 'confirming',
    ),
    attempt: mustBeRefused('slot_not_idle'),
    leave: interrupt,
  },
  question: {
    session: USUAL,
    enter: turn(
      `tool: AskUserQuestion ${JSON.stringify(QUESTION)}`,
      ({ dialog }) => dialog?.kind === 'question',
    ),
    attempt: mustBeRefused('slot_not_idle'),
    leave: interrupt,
  },
  'person typing': {
    session: USUAL,
    enter: (stage) => stage.rest(),
    attempt: mustLeaveDraft,
    leave: async () => {},
  },
  'person types into it': {
    session: USUAL,
    enter: (stage) => stage.rest(),
    attempt: mustArriveBeforeKeys,
    leave: async () => {},
  },
  'called off': {
    session: USUAL,
    enter: (stage) => stage.rest(),
    attempt: mustBeTakenBack,
    leave: async () => {},
  },
  'called off in a small terminal': {
    session: SMALL,
    enter: (stage) => stage.rest(),
    attempt: mustBeTakenBack,
    leave: async () => {},
  },
  'small terminal': {
    session: SMALL,
    enter: (stage) => stage.rest(),
    attempt: mustArrive,
    leave: async () => {},
  },
  suggestion: {
    session: { suggests: true },
    enter: async (stage) => {
      const first = await stage.rest();
      if (first.composer.kind === 'ghost') return;
      // 2.1.150 suggests nothing before the second turn.
      for (const words of ['say: the parser is changed', 'say: now the tests']) {
        await answered(stage, words);
      }
      await stage.see('a suggestion', ({ composer }) => composer.kind === 'ghost');
    },
    payloads: (stage) => {
      const text = suggestion(stage);
      return {
        'equal to the suggestion': { text },
        'its beginning': { text: text.slice(0, 8) },
        '1 letter': { text: text.slice(0, 1) },
      };
    },
    attempt: mustArrive,
  },
  'trust dialog': {
    session: { trusted: false },
    enter: (stage) => stage.see('the trust dialog', ({ level }) => level === 'trust'),
    attempt: mustBeRefused('slot_not_idle'),
  },
};
