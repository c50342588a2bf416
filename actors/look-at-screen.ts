import type { Epoch, SlotId } from '../db/ids.ts';
import type { MissionCore } from './core.ts';

/**
 * Shows a session its screen as it stands now.
 * @throws MissionError `slot_not_running`, `pty_host_unreachable`
 */
export async function lookAtScreen(core: MissionCore, slotId: SlotId, epoch: Epoch): Promise<void> {
  const reading = await core.host().read(epoch);
  const runtime = core.runtime(slotId);
  if (runtime.epoch !== epoch) return;
  runtime.reading = reading;
  core.signal(slotId, { type: 'screen.read', epoch, at: core.now(), reading });
}
