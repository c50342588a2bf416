import { createHash } from 'node:crypto';
import type { DialogReading } from './reading.ts';

/**
 * Tells one dialog from the next; the highlight may move without making it another. Empty when there is none. A hash: it
 * is stored, and what the dialog says may hold secrets.
 */
export function dialogIdentity(dialog: DialogReading | undefined): string {
  if (dialog === undefined) return '';
  const { kind, heading, argument, diff, question, options } = dialog;
  const said = JSON.stringify([kind, heading, argument, diff, question, options.map(({ label }) => label)]);
  return createHash('sha256').update(said).digest('hex');
}
