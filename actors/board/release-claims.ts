import type { BoardTaskId, SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import type { BoardWriter } from './board-writer.ts';
import { UNCLAIMED } from './follow-run.ts';

/** The agent of a slot is no more: what it had claimed on the board is open again. */
export function releaseClaims(
  core: Pick<MissionCore, 'board' | 'now'>,
  writer: BoardWriter,
  slotId: SlotId,
): readonly BoardTaskId[] {
  const claimed = core.board.claimedBySlot(slotId);
  core.board.atOnce(() => {
    for (const { id } of claimed)
      core.board.update(id, { ...UNCLAIMED, status: 'open', updatedAt: core.now() });
  });
  for (const row of claimed) writer.changed(row);
  return claimed.map(({ id }) => id);
}
