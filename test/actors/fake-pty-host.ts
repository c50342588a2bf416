import type { Epoch, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { PtyExit, PtyHost, PtyHostEvent, PtyInfo } from '../../services/pty/pty-host.ts';
import type { ScreenReading } from '../../services/terminal/reading.ts';

/** A look at a screen on which Claude Code rests at its prompt. */
export const idleReading = (change: Partial<ScreenReading> = {}): ScreenReading => ({
  sequence: 1,
  at: Date.now(),
  columns: 140,
  rows: 45,
  title: '',
  level: 'idle',
  composer: { kind: 'empty', text: '' },
  evidence: [],
  ...change,
});

/** A pty host without processes: its terminals are entries that outlive the missions of a test. */
export function createFakePtyHost() {
  const listeners = new Set<(event: PtyHostEvent) => void>();
  const terminals = new Map<Epoch, PtyInfo>();
  let pids = 4_000;
  let meanwhile = (): void => {};

  function emit(event: PtyHostEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  function held(epoch: Epoch): PtyInfo {
    const terminal = terminals.get(epoch);
    if (terminal === undefined) throw new MissionError('slot_not_running', `${epoch} is not held.`);
    return terminal;
  }

  /** The program of a terminal ends. */
  function end(epoch: Epoch, change: Partial<PtyExit> = {}): PtyExit {
    const terminal = held(epoch);
    const exit = terminal.exit ?? { code: 0, signal: null, at: Date.now(), ...change };
    terminals.set(epoch, { ...terminal, exit });
    if (terminal.exit === null) emit({ type: 'exit', epoch, slotId: terminal.slotId, exit });
    return exit;
  }

  const host: PtyHost = {
    async spawn({ epoch, slotId, columns, rows }) {
      pids += 1;
      const startedAt = Date.now();
      terminals.set(epoch, { epoch, slotId, pid: pids, startedAt, columns, rows, reading: null, exit: null });
      return { ok: true, pid: pids };
    },
    list: async () => [...terminals.values()],
    write: async () => {},
    resize: async () => {},
    signal: async () => {},
    terminate: async (epoch) => end(epoch),
    async read(epoch) {
      const reading = held(epoch).reading ?? idleReading();
      meanwhile();
      return reading;
    },
    text: async () => '',
    attach: async () => ({ acknowledge() {}, detach() {} }),
    async forget(epoch) {
      terminals.delete(epoch);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    disconnect: async () => {},
    async shutdown() {
      terminals.clear();
    },
  };

  return {
    host,
    end,
    /** Something is drawn. */
    show(slotId: SlotId, reading: ScreenReading): void {
      for (const [epoch, terminal] of terminals) {
        if (terminal.slotId !== slotId || terminal.exit !== null) continue;
        terminals.set(epoch, { ...terminal, reading });
        emit({ type: 'reading', epoch, slotId, reading });
      }
    },
    /** Happens while the next answer to `read` is on its way, and is told before it. */
    beforeNextAnswer(happens: () => void): void {
      meanwhile = () => {
        meanwhile = () => {};
        happens();
      };
    },
    /** The connection of the daemon is lost; the terminals stay. */
    disconnect(): void {
      const before = [...listeners];
      listeners.clear();
      for (const listener of before) listener({ type: 'disconnected', reason: 'the test cut it' });
    },
    /** Nobody listens any more: the daemon was killed. */
    silence(): void {
      listeners.clear();
    },
    held: (): readonly PtyInfo[] => [...terminals.values()],
    /** Terminals whose program runs. */
    alive: (): readonly PtyInfo[] => [...terminals.values()].filter(({ exit }) => exit === null),
  };
}
