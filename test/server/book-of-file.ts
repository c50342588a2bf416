import type { SlotBook } from '../../services/agents/slot-book.ts';
import { loadSlots } from '../../services/config/slots-file.ts';

/** What is configured in a slots.yaml, without agents. */
export function bookOfFile(file: string): Pick<SlotBook, 'find' | 'variables' | 'variablesOf'> {
  const { slots } = loadSlots(file);
  const find = (slotId: string) => slots.find(({ id }) => id === slotId);
  return { find, variables: () => slots, variablesOf: (slotId) => find(slotId)?.env ?? {} };
}
