import type { SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import { createDelivery, type DeliveryDependencies } from '../delivery.ts';
import type { Journal } from '../journal.ts';
import { untilHooked } from '../until-hooked.ts';
import { untilResting } from '../until-resting.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

export interface DeliveringDependencies extends Pick<DeliveryDependencies, 'turns' | 'transcripts'> {
  readonly core: MissionCore;
  readonly dependencies: Pick<MissionDependencies, 'expectedWords' | 'hookWasCalled'>;
  readonly journal: Pick<Journal, 'enqueue' | 'written'>;
}

/** What carries prompts into the sessions of this mission. */
export function createDelivering({
  core,
  dependencies,
  turns,
  transcripts,
  journal,
}: DeliveringDependencies) {
  const expectedWords = (prompt: string, slotId: SlotId): string =>
    dependencies.expectedWords(prompt, core.runtime(slotId).claudeVersion);
  const deliver = createDelivery({
    tasks: core.tasks,
    attempts: core.attempts,
    turns,
    now: core.now,
    runtime: ({ slotId }) => core.runtime(slotId),
    expectedWords,
    transcripts,
    untilResting: (assignment, signal) => untilResting(core, assignment, signal),
    untilHooked: (assignment, signal) => untilHooked(core, assignment, signal, dependencies.hookWasCalled),
    typing: ({ slotId, epoch }, began) =>
      core.signal(slotId, { type: began ? 'delivery.began' : 'delivery.ended', epoch, at: core.now() }),
    writeLater: journal.enqueue,
    written: journal.written,
  });
  return { deliver, expectedWords };
}
