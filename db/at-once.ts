import type { MissionDatabase } from './open.ts';

/**
 * Everything that `work` writes is written at once, or nothing of it; within another one it is part of that. It is for
 * writing from the start: one that begins to write after it has read is refused when another thread has written meanwhile.
 */
export const atOnce = <Result>(db: MissionDatabase, work: () => Result): Result =>
  db.turn.first(() => db.transaction(work, { behavior: 'immediate' }));
