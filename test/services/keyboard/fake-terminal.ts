import type { KeyboardOptions } from '../../../services/keyboard/keyboard.ts';
import type { DialogReading, ScreenReading } from '../../../services/terminal/reading.ts';

const PASTE_START = '\u001b[200~';
/** As 2.1.30 does. */
const PASTE_IS_LOST_WITHIN_MS = 100;

export interface FakeState {
  clock: number;
  level: ScreenReading['level'];
  box: string;
  /** Overrides what the box seems to be. */
  kind: ScreenReading['composer']['kind'] | null;
  dialog: DialogReading | undefined;
  /** Words that wait in Claude Code's own queue. */
  queued: string[];
  written: string[];
  deaf: number;
  answered: string | null;
  /** Called at every look, so that a test can change the world at a chosen moment. */
  onLook: (look: number) => void;
  looks: number;
  /** False: keys that would type are lost. */
  types: boolean;
  /** False: arrows are lost. */
  moves: boolean;
  escEnds: boolean;
  /** When Ctrl-C was pressed. */
  interrupts: number[];
  pastedAt: number;
  /** Until then the program neither reads keys nor draws. */
  stalledUntil: number;
}

/** A prompt box and a dialog that answer to keys, without a program and without time passing. */
export function createFakeTerminal(
  options: {
    /** Enters that are swallowed before one is taken. */
    readonly deafEnters?: number;
    readonly onSubmit?: (text: string) => void;
    readonly version?: string;
  } = {},
) {
  const state: FakeState = {
    clock: 0,
    level: 'idle',
    box: '',
    kind: null,
    dialog: undefined,
    queued: [],
    written: [],
    deaf: options.deafEnters ?? 0,
    answered: null,
    onLook: () => {},
    looks: 0,
    types: true,
    moves: true,
    escEnds: true,
    interrupts: [],
    pastedAt: Number.NEGATIVE_INFINITY,
    stalledUntil: 0,
  };
  /** Keys that a stalled program will read when it goes on. */
  const unread: string[] = [];
  let frames = 0;

  function moveHighlight(by: number): void {
    if (state.dialog === undefined || !state.moves) return;
    const { options: labels } = state.dialog;
    const at = labels.findIndex(({ highlighted }) => highlighted);
    const to = Math.max(0, Math.min(labels.length - 1, at + by));
    state.dialog = {
      ...state.dialog,
      options: labels.map((option, index) => ({ ...option, highlighted: index === to })),
    };
  }

  function enter(): void {
    if (state.clock - state.pastedAt < PASTE_IS_LOST_WITHIN_MS) {
      state.box = '\n';
    } else if (state.deaf > 0) {
      state.deaf -= 1;
    } else if (state.dialog !== undefined) {
      state.answered = state.dialog.options.find(({ highlighted }) => highlighted)?.label ?? '';
      state.dialog = undefined;
    } else if (state.box.trim() !== '') {
      const text = state.box.trimEnd();
      state.box = '';
      state.level = 'thinking';
      options.onSubmit?.(text);
    }
  }

  function reading(): ScreenReading {
    const kind = state.kind ?? (state.dialog ? 'absent' : state.box === '' ? 'empty' : 'draft');
    return {
      sequence: frames,
      at: state.clock,
      columns: 80,
      rows: 24,
      title: '',
      level: state.dialog === undefined ? state.level : 'confirming',
      composer: { kind, text: kind === 'draft' ? state.box.trimEnd() : '' },
      ...(state.dialog === undefined ? {} : { dialog: state.dialog }),
      ...(state.queued.length === 0 ? {} : { queued: [...state.queued] }),
      evidence: [],
    };
  }

  const terminal: KeyboardOptions = {
    version: () => options.version ?? '2.1.329',
    now: () => state.clock,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      // A turn of the event loop, so that promises of the test can settle; no time passes.
      await new Promise((resolve) => setImmediate(resolve));
      state.clock += ms;
      signal?.throwIfAborted();
    },
    async read() {
      state.looks += 1;
      state.onLook(state.looks);
      if (state.clock >= state.stalledUntil) {
        frames += 1;
        for (const data of unread.splice(0)) press(data);
      }
      return reading();
    },
    text: async () => state.box,
    async write(data) {
      state.written.push(data);
      if (state.clock < state.stalledUntil) unread.push(data);
      else press(data);
    },
  };

  function press(data: string): void {
    if (data === '\r') enter();
    else if (data === '\u001b[A') moveHighlight(-1);
    else if (data === '\u001b[B') moveHighlight(1);
    else if (data === '\u001b') {
      if (state.escEnds) state.level = 'interrupted';
    } else if (data === '\u0003') {
      state.interrupts.push(state.clock);
      state.box = '';
    } else if (data.startsWith(PASTE_START)) {
      state.pastedAt = state.clock;
      state.box += data.slice(PASTE_START.length, -PASTE_START.length);
    } else if (state.types) state.box += data;
  }
  return { state, terminal };
}

export function permissionDialog(labels: readonly string[]): DialogReading {
  return {
    kind: 'permission',
    question: 'Do you want to proceed?',
    argument: 'touch x',
    options: labels.map((label, index) => ({ number: index + 1, label, highlighted: index === 0 })),
  };
}
