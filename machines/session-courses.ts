import type { Conversation, RegistryStatus } from './session-events.ts';

/** What a signal says, coarse enough for all of them to be compared. */
export type Course = 'busy' | 'resting' | 'asks';

export const BUSY: ReadonlySet<Conversation> = new Set([
  'thinking',
  'responding',
  'toolRunning',
  'compacting',
]);
/** A turn has ended, one way or another, and the prompt is open. */
export const RESTING: ReadonlySet<Conversation> = new Set([
  'idle',
  'parked',
  'error',
  'limited',
  'interrupted',
]);

const REGISTRY_COURSE: Readonly<Record<RegistryStatus, Course>> = {
  idle: 'resting',
  shell: 'resting',
  busy: 'busy',
  waiting: 'asks',
};

/**
 * Null for what cannot be compared. Menus, pickers and the trust dialog are the person's own doing: Claude Code's
 * register does not speak of them.
 */
export function courseOf(conversation: Conversation): Course | null {
  if (BUSY.has(conversation)) return 'busy';
  if (RESTING.has(conversation)) return 'resting';
  return conversation === 'confirming' ? 'asks' : null;
}

/** What Claude Code says of itself in its register. */
export function courseOfRegistry(status: RegistryStatus): Course {
  return REGISTRY_COURSE[status];
}
