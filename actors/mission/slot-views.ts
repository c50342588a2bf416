import type { SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import type { Governor } from '../governor/governor.ts';
import type { Questions } from '../questions/questions.ts';
import { viewCrashed, viewSlot } from '../slot-view.ts';
import type { Workplaces } from '../worktrees/workplaces.ts';
import type { SlotView } from './views.ts';

export interface SlotViewsDependencies {
  readonly core: MissionCore;
  readonly questions: Pick<Questions, 'of'>;
  readonly workplaces: Pick<Workplaces, 'heldFor' | 'worktreeOf'>;
  readonly pauseOf: Governor['pauseOf'];
  readonly logFile: (slotId: SlotId) => string;
}

/** Puts together what every door shows of a slot. */
export function createSlotViews({ core, questions, workplaces, pauseOf, logFile }: SlotViewsDependencies) {
  return function view(slotId: SlotId): SlotView {
    const runtime = core.runtime(slotId);
    const snapshot = core.slotSnapshot(slotId);
    if (snapshot === undefined) return viewCrashed(runtime, logFile(slotId));
    return viewSlot(snapshot, runtime, {
      question: questions.of(slotId),
      taskId: core.occupied.get(slotId),
      broughtFor: workplaces.heldFor(slotId),
      worktreeOf: workplaces.worktreeOf(slotId),
      pause: pauseOf(slotId),
      logFile: logFile(slotId),
      now: core.now(),
    });
  };
}
