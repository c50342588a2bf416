import type { SlotId } from '../../db/ids.ts';

/** More files at once are seen by git; the oldest are left to it. */
const MOST_OF_A_SLOT = 1_000;

interface Mark {
  readonly toolUseId: string | undefined;
  /** Its tool has ended: from then on git knows better. */
  isOver: boolean;
}

/** Files that agents are about to change, until git is asked after that. What is lost with the daemon, git shows. */
export function createTouchMarks() {
  const marks = new Map<SlotId, Map<string, Mark>>();

  function add(slotId: SlotId, file: string, toolUseId: string | undefined): void {
    const ofSlot = marks.get(slotId) ?? new Map<string, Mark>();
    marks.set(slotId, ofSlot);
    ofSlot.delete(file);
    ofSlot.set(file, { toolUseId, isOver: false });
    const [oldest] = ofSlot.keys();
    if (ofSlot.size > MOST_OF_A_SLOT && oldest !== undefined) ofSlot.delete(oldest);
  }

  return {
    add,
    has: (slotId: SlotId, file: string): boolean => marks.get(slotId)?.has(file) === true,

    /** @param toolUseId of the tool that has ended; without it none of them runs any more */
    ended(slotId: SlotId, toolUseId: string | undefined): void {
      for (const mark of marks.get(slotId)?.values() ?? [])
        if (toolUseId === undefined || mark.toolUseId === toolUseId) mark.isOver = true;
    },

    /** To be called before git is asked: what it cannot see yet, and the way to leave the rest to its answer. */
    beforeGit(slotId: SlotId): { readonly unseen: readonly string[]; readonly answered: () => void } {
      const all = [...(marks.get(slotId) ?? [])];
      const over = all.filter(([, { isOver }]) => isOver);
      return {
        unseen: all.filter(([, { isOver }]) => !isOver).map(([file]) => file),
        answered() {
          const now = marks.get(slotId);
          for (const [file, mark] of over) if (now?.get(file) === mark) now.delete(file);
        },
      };
    },

    forget: (slotId: SlotId): void => void marks.delete(slotId),
  };
}
