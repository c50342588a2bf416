import { type Beliefs, contradicts, type RegistrySide } from './session-conclusions.ts';
import type { SessionContext } from './session-context.ts';
import type { Conversation, Level, RegistryStatus } from './session-events.ts';

/** What a signal says, coarse enough for all of them to be compared. */
export type Course = 'busy' | 'resting' | 'asks';

const COURSE: Readonly<Record<Conversation, Course | null>> = {
  starting: null,
  idle: 'resting',
  thinking: 'busy',
  responding: 'busy',
  toolRunning: 'busy',
  confirming: 'asks',
  error: 'resting',
  // Menus, pickers and the trust dialog are the person's own doing: Claude Code's register does not speak of them.
  slashMenu: null,
  trust: null,
  dialog: null,
  interrupted: 'resting',
  compacting: 'busy',
  parked: 'resting',
  limited: 'resting',
  unknown: null,
  exited: null,
};

const REGISTRY_COURSE: Readonly<Record<RegistryStatus, Course>> = {
  idle: 'resting',
  shell: 'resting',
  busy: 'busy',
  waiting: 'asks',
};

/** Null for what cannot be compared. */
export function courseOf(conversation: Conversation): Course | null {
  return COURSE[conversation];
}

export function courseOfRegistry(status: RegistryStatus): Course {
  return REGISTRY_COURSE[status];
}

export type Source = 'screen' | 'registry';

/** The signals that say something else than what is believed, now. */
export function dissenters(context: Beliefs & Pick<SessionContext, 'registry'>): readonly Source[] {
  const { conversation, registry } = context;
  if (conversation === 'starting' || conversation === 'exited') return [];
  const believed = courseOf(conversation);
  return [
    // Of two kinds of work the screen may show the other one for a while; that is nobody's dissent.
    ...(contradicts(context) && courseOf(context.level) !== believed ? (['screen'] as const) : []),
    ...(registry !== null && believed !== null && courseOfRegistry(registry.status) !== believed
      ? (['registry'] as const)
      : []),
  ];
}

/** Whose side the register takes when screen and belief differ. */
export function registrySides(
  conversation: Conversation,
  level: Level,
  registry: SessionContext['registry'],
): RegistrySide {
  if (registry === null) return 'none';
  const course = courseOfRegistry(registry.status);
  const [believed, shown] = [courseOf(conversation), courseOf(level)];
  if (believed === shown) return 'none';
  if (course === shown) return 'screen';
  return course === believed ? 'belief' : 'none';
}
