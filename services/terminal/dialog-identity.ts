import type { DialogReading } from './reading.ts';

/** Tells one dialog from the next; the highlight may move without making it another. Empty when there is none. */
export function dialogIdentity(dialog: DialogReading | undefined): string {
  if (dialog === undefined) return '';
  const { kind, heading, argument, diff, question, options } = dialog;
  return JSON.stringify([kind, heading, argument, diff, question, options.map(({ label }) => label)]);
}
