import type { SlotBook } from '../../services/agents/slot-book.ts';
import { loadSlots } from '../../services/config/slots-file.ts';

/** What is configured in a slots.yaml, without agents. */
export function bookOfFile(file: string): Pick<SlotBook, 'find' | 'all'> {
  const { slots } = loadSlots(file);
  return { find: (slotId) => slots.find(({ id }) => id === slotId), all: () => slots };
}
