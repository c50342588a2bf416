import { type Beliefs, conclude } from './session-conclusions.ts';
import { courseOf, courseOfRegistry } from './session-courses.ts';

export type Source = 'screen' | 'registry';

/** The signals that say something else than what is believed, now. */
export function dissenters(beliefs: Beliefs): readonly Source[] {
  const { conversation, level, registry } = beliefs;
  if (conversation === 'starting' || conversation === 'exited') return [];
  const believed = courseOf(conversation);
  // Of two kinds of work the screen may show the other one for a while; that is nobody's dissent.
  const screen =
    courseOf(level) !== believed &&
    (conclude(beliefs) !== null || level === 'unknown') &&
    conversation !== level;
  // Behind a turn that has ended the register counts the work that goes on (2.1.329: `busy` for agents).
  const registered =
    registry !== null &&
    believed !== null &&
    conversation !== 'parked' &&
    courseOfRegistry(registry.status) !== believed;
  return [...(screen ? (['screen'] as const) : []), ...(registered ? (['registry'] as const) : [])];
}
