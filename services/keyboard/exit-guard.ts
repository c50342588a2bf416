import type { KeyboardTerminal } from './keyboard-terminal.ts';

/** Empties a prompt box that holds text, however long (2.0.60 to 2.1.329). */
export const CTRL_C = '\u0003';
/** Two Ctrl-C within 0.8 s (2.0.60 to 2.1.329) end the program, whatever was typed between them; a busy machine reads late. */
const EXIT_WINDOW_MS = 2_000;

/** Writes of the daemon and of the person at the same terminal, kept apart where together they would end the program. */
export interface ExitGuard {
  /** The terminal for the daemon's own keys: its Ctrl-C waits until no other is near. */
  readonly terminal: KeyboardTerminal;
  /** A person's keys: only a Ctrl-C close behind one of ours waits; twice by the person is meant. */
  passThrough(data: string): Promise<void>;
}

export function guardAgainstExit(terminal: KeyboardTerminal): ExitGuard {
  let oursAt = Number.NEGATIVE_INFINITY;
  let theirsAt = Number.NEGATIVE_INFINITY;

  async function waitOut(pressedAt: number): Promise<void> {
    const left = pressedAt + EXIT_WINDOW_MS - terminal.now();
    if (left > 0) await terminal.sleep(left);
  }

  return {
    terminal: {
      ...terminal,
      async write(data) {
        const ends = data.includes(CTRL_C);
        if (ends) await waitOut(Math.max(oursAt, theirsAt));
        await terminal.write(data);
        if (ends) oursAt = terminal.now();
      },
    },
    async passThrough(data) {
      const ends = data.includes(CTRL_C);
      if (ends) await waitOut(oursAt);
      await terminal.write(data);
      if (ends) theirsAt = terminal.now();
    },
  };
}
