import { createStuckSteps, type StuckStepsDependencies } from './stuck-steps.ts';
import { createStuckWatch, type StuckWatchDependencies } from './stuck-watch.ts';

interface StuckDependencies
  extends Omit<StuckStepsDependencies, 'onError'>,
    Omit<StuckWatchDependencies, 'onError'> {
  readonly report: (where: string) => (error: unknown) => void;
}

/** Sees that slots are stuck, and does something about it; `machines/stuck.ts` decides when. */
export function createStuck({ report, ...dependencies }: StuckDependencies) {
  return {
    ...createStuckWatch({ ...dependencies, onError: report('a slot could not be looked at') }),
    takeStep: createStuckSteps({ ...dependencies, onError: report('a stuck slot could not be helped') }),
  };
}

export type Stuck = ReturnType<typeof createStuck>;
