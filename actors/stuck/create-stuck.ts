import type { Epoch, SlotId } from '../../db/ids.ts';
import type { HookBody } from '../../services/claude/hook-body.ts';
import { createStuckSteps, type StuckStepsDependencies } from './stuck-steps.ts';
import { createStuckWatch, type StuckWatchDependencies } from './stuck-watch.ts';

interface StuckDependencies
  extends Omit<StuckStepsDependencies, 'onError'>,
    Omit<StuckWatchDependencies, 'onError'> {
  readonly report: (where: string) => (error: unknown) => void;
}

/** Sees that slots are stuck, and does something about it; `machines/stuck.ts` decides when. */
export function createStuck({ report, ...dependencies }: StuckDependencies) {
  const watch = createStuckWatch({ ...dependencies, onError: report('a slot could not be looked at') });
  const steps = createStuckSteps({ ...dependencies, onError: report('a stuck slot could not be helped') });
  return {
    sweep: watch.sweep,
    takeStep: steps.takeStep,
    hookHeard(slotId: SlotId, epoch: Epoch, hook: HookBody): void {
      watch.hookHeard(slotId, epoch, hook);
      steps.hookHeard(slotId, hook);
    },
  };
}

export type Stuck = ReturnType<typeof createStuck>;
