import type { Epoch, SlotId } from '../db/ids.ts';
import type { ScreenReading } from '../services/terminal/reading.ts';
import type { MissionCore } from './core.ts';

const isOlder = (one: ScreenReading, other: ScreenReading): boolean =>
  one.sequence === other.sequence ? one.at < other.at : one.sequence < other.sequence;

/**
 * Shows a session its screen as it stands now. What the host tells by itself may overtake its answer: the screen of a
 * program that rests does not change again, so an older one would be believed for ever.
 * @throws MissionError `slot_not_running`, `pty_host_unreachable`
 */
export async function lookAtScreen(core: MissionCore, slotId: SlotId, epoch: Epoch): Promise<void> {
  const asked = await core.host().read(epoch);
  const runtime = core.runtime(slotId);
  if (runtime.epoch !== epoch) return;
  const { reading: told } = runtime;
  const reading = told !== null && isOlder(asked, told) ? told : asked;
  runtime.reading = reading;
  core.signal(slotId, { type: 'screen.read', epoch, at: core.now(), reading });
}
