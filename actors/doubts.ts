import type { SnapshotFrom } from 'xstate';
import type { Epoch, SlotId } from '../db/ids.ts';
import type { sessionMachine } from '../machines/session.ts';
import type { MissionCore } from './core.ts';

/** Signals that flicker between agreement and doubt show the same screen again and again. */
const NEXT_AFTER_MS = 10_000;
/** A window that is far larger than a person's is cut. */
const MOST_CHARACTERS = 64 * 1024;

export interface DoubtsDependencies {
  readonly core: MissionCore;
  /** Keeps it where `missiond doctor --report` finds it, without what nobody else should read. */
  readonly keep: (slotId: SlotId, snapshot: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Keeps the screen of a session whenever its signals have disagreed for longer than a second, or are not understood. */
export function createDoubts({ core, keep, onError }: DoubtsDependencies) {
  const kept = new Map<SlotId, { readonly health: string; readonly at: number }>();

  async function record(slotId: SlotId, epoch: Epoch): Promise<void> {
    const { state, conversation, composer, health, claudeVersion, why } = core.view(slotId);
    const { columns, rows, title, dialog } = core.runtime(slotId).reading ?? {};
    const screen = (await core.host().text(epoch)).slice(0, MOST_CHARACTERS);
    await keep(slotId, {
      at: new Date(core.now()).toISOString(),
      slotId,
      claudeVersion,
      state,
      conversation,
      composer,
      health,
      why,
      size: { columns, rows },
      title,
      dialog,
      screen,
    });
  }

  return {
    sessionMoved(slotId: SlotId, epoch: Epoch, session: SnapshotFrom<typeof sessionMachine>): void {
      const { health } = session.value;
      const before = kept.get(slotId);
      const doubted = health === 'uncertain' || health === 'suspect';
      if (!doubted) {
        if (before !== undefined) kept.set(slotId, { ...before, health });
        return;
      }
      const at = core.now();
      if (before !== undefined && (before.health === health || at - before.at < NEXT_AFTER_MS)) return;
      kept.set(slotId, { health, at });
      record(slotId, epoch).catch(onError);
    },
  };
}
