import type { Epoch } from '../../db/ids.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { Faces } from '../terminal/faces.ts';
import type { ScreenReading } from '../terminal/reading.ts';
import { endProcessTree, signalAll, signalGroup } from './end-process-tree.ts';
import { EPOCH_VARIABLE, type HeldTerminal, holdTerminal } from './held-terminal.ts';
import { processTree, type TreeRoot } from './process-tree.ts';
import type {
  AttachHandlers,
  PtyAttachment,
  PtyExit,
  PtyHostEvent,
  PtyInfo,
  PtySpec,
  SpawnResult,
} from './pty-host.ts';

export type TerminalEvent = Exclude<PtyHostEvent, { type: 'disconnected' }>;

/** The terminals of a host, one an epoch. Methods throw `MissionError('slot_not_running')` for an epoch that is not held. */
export interface TerminalStore {
  spawn(spec: PtySpec): SpawnResult;
  list(): readonly PtyInfo[];
  /** Reads every terminal, and those to come, with other faces. */
  setFaces(faces: Faces): void;
  /** How many programs run. */
  living(): number;
  write(epoch: Epoch, data: string): Promise<void>;
  resize(epoch: Epoch, columns: number, rows: number): void;
  signal(epoch: Epoch, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
  terminate(epoch: Epoch, graceMs: number): Promise<PtyExit>;
  read(epoch: Epoch): Promise<ScreenReading>;
  text(epoch: Epoch, lines?: number): Promise<string>;
  attach(epoch: Epoch, handlers: AttachHandlers, fromSequence?: number): PtyAttachment;
  /** Drops a terminal that has exited. */
  forget(epoch: Epoch): void;
  /** Ends every terminal and drops it. */
  shutdown(graceMs: number): Promise<void>;
}

/**
 * Nothing is read by polling: bytes schedule a look, and only a reading that changed is told.
 * @param spare processes that are not ended with a terminal, though they may have been started from one
 */
export function createTerminalStore(
  publish: (event: TerminalEvent) => void,
  spare: () => ReadonlySet<number> = () => new Set(),
): TerminalStore {
  const terminals = new Map<Epoch, HeldTerminal>();
  let faces: Faces | undefined;

  function get(epoch: Epoch): HeldTerminal {
    const held = terminals.get(epoch);
    if (held === undefined) {
      throw new MissionError('slot_not_running', `The pty host holds no terminal ${epoch}.`);
    }
    return held;
  }

  function treeOf(epoch: Epoch, held?: HeldTerminal): TreeRoot {
    return {
      leader: held?.pid ?? null,
      mark: held?.mark,
      entry: `${EPOCH_VARIABLE}=${epoch}`,
      spare: spare(),
    };
  }

  function spawn(spec: PtySpec): SpawnResult {
    const { epoch, slotId } = spec;
    if (terminals.has(epoch)) {
      return { ok: false, reason: 'epoch_exists', message: `A terminal ${epoch} is already held.` };
    }
    const held = holdTerminal(
      spec,
      {
        reading: (reading) => publish({ type: 'reading', epoch, slotId, reading }),
        exit: (exit) => publish({ type: 'exit', epoch, slotId, exit }),
      },
      faces,
    );
    if ('ok' in held) return held;
    terminals.set(epoch, held);
    return { ok: true, pid: held.pid };
  }

  async function terminate(epoch: Epoch, graceMs: number): Promise<PtyExit> {
    // A host that was killed leaves programs behind; they carry the epoch in their environment.
    if (!terminals.has(epoch)) await endProcessTree(treeOf(epoch), graceMs);
    const held = get(epoch);
    held.resume();
    if (!(await endProcessTree(treeOf(epoch, held), graceMs)) && held.info().exit === null) {
      throw new MissionError('internal', `Process ${held.pid} cannot be ended.`, {
        remedy: `Look at it with "ps -o pid,stat,wchan -p ${held.pid}"; a broken disk or mount may hold it.`,
      });
    }
    return await held.ended;
  }

  function drop(epoch: Epoch): void {
    terminals.get(epoch)?.dispose();
    terminals.delete(epoch);
  }

  return {
    spawn,
    terminate,
    list: () => [...terminals.values()].map((held) => held.info()),
    setFaces(next) {
      faces = next;
      for (const held of terminals.values()) held.setFaces(next);
    },
    living: () => [...terminals.values()].filter((held) => held.info().exit === null).length,
    write: async (epoch, data) => await get(epoch).write(data),
    resize: (epoch, columns, rows) => get(epoch).resize(columns, rows),
    signal(epoch, signal) {
      const held = get(epoch);
      if (signal !== 'SIGINT') signalAll(processTree(treeOf(epoch, held)), signal);
      else if (held.mark !== undefined) signalGroup(held.mark, signal);
    },
    read: async (epoch) => await get(epoch).read(),
    text: async (epoch, lines) => await get(epoch).text(lines),
    attach: (epoch, handlers, fromSequence) => get(epoch).attach(handlers, fromSequence),
    forget(epoch) {
      if (get(epoch).info().exit === null) {
        throw new MissionError('slot_already_running', 'A terminal whose program runs cannot be forgotten.', {
          remedy: 'Terminate it first.',
        });
      }
      drop(epoch);
    },
    async shutdown(graceMs) {
      await Promise.allSettled([...terminals.keys()].map((epoch) => terminate(epoch, graceMs)));
      for (const epoch of [...terminals.keys()]) drop(epoch);
    },
  };
}
