import type { Epoch } from '../../db/ids.ts';
import { within } from '../../services/deadline/within.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { PtyHost, TerminalSnapshot } from '../../services/pty/pty-host.ts';

/** The host writes the largest terminal down in a second; a busy machine takes ten times that. */
const SNAPSHOT_WITHIN_MS = 10_000;

/**
 * A terminal as it stands, as somebody who comes to watch is shown it first.
 * @throws MissionError `slot_not_running`, `pty_host_unreachable`
 */
export async function takeSnapshot(
  host: PtyHost,
  epoch: Epoch,
  signal: AbortSignal,
): Promise<TerminalSnapshot> {
  let show: (snapshot: TerminalSnapshot) => void = () => {};
  const shown = new Promise<TerminalSnapshot>((resolve, reject) => {
    show = resolve;
    within(SNAPSHOT_WITHIN_MS, signal).addEventListener('abort', () =>
      reject(new MissionError('pty_host_unreachable', 'The pty host did not show its terminal in time.')),
    );
  });
  // When the attachment fails, nobody waits for it any more.
  shown.catch(() => {});
  const attachment = await host.attach(epoch, {
    snapshot: show,
    output() {},
    resized() {},
    exited() {},
  });
  try {
    return await shown;
  } finally {
    attachment.detach();
  }
}
