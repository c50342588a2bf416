import type { SlotId } from '../../db/ids.ts';

/**
 * A dialog must stand this long before the screen alone asks: the PermissionRequest hook of the same dialog
 * comes within this time, and a dialog that a rule answers through the hook is gone again by then.
 */
const SCREEN_ALONE_MS = 500;

/** A dialog is gone when it stays away for so long: a frame in between may show none, or be misread. */
const DIALOG_AWAY_MS = 300;

/** The two waits of each slot: for the hook of a dialog that is seen, and for a dialog that is not seen any more. */
export function createDialogTimers() {
  const patience = new Map<SlotId, { readonly timer: NodeJS.Timeout; readonly signature: string }>();
  const away = new Map<SlotId, NodeJS.Timeout>();

  function losePatience(slotId: SlotId): void {
    clearTimeout(patience.get(slotId)?.timer);
    patience.delete(slotId);
  }

  function seenAgain(slotId: SlotId): void {
    clearTimeout(away.get(slotId));
    away.delete(slotId);
  }

  return {
    losePatience,
    seenAgain,
    /** Waits for the hook of a dialog, once for each; then the screen alone asks. */
    awaitHook(slotId: SlotId, signature: string, ask: () => void): void {
      if (patience.get(slotId)?.signature === signature) return;
      losePatience(slotId);
      const timer = setTimeout(() => {
        patience.delete(slotId);
        ask();
      }, SCREEN_ALONE_MS);
      patience.set(slotId, { timer, signature });
    },
    /** The screen shows no dialog; `gone` is called when that stays so. */
    notSeen(slotId: SlotId, gone: () => void): void {
      if (away.has(slotId)) return;
      const timer = setTimeout(() => {
        away.delete(slotId);
        gone();
      }, DIALOG_AWAY_MS);
      away.set(slotId, timer);
    },
    dispose(): void {
      for (const slotId of [...patience.keys()]) losePatience(slotId);
      for (const slotId of [...away.keys()]) seenAgain(slotId);
    },
  };
}
