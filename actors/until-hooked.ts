import type { Epoch, SlotId } from '../db/ids.ts';
import { within } from '../services/deadline/within.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { untilEvent } from './bus.ts';
import type { MissionCore } from './core.ts';

/** SessionStart is called before the prompt box stands (2.0.60 to 2.1.329); on a busy machine it takes seconds. */
const FIRST_HOOK_WITHIN_MS = 30_000;

/**
 * Resolves when this run of Claude Code has called one of our hooks, so that the policy will be asked. Rejects with
 * `hooks_silent`: hooks can be switched off, and a settings file that Claude Code does not understand is dropped whole,
 * with the denials in it.
 */
export async function untilHooked(
  core: Pick<MissionCore, 'bus' | 'runtime'>,
  { slotId, epoch }: { readonly slotId: SlotId; readonly epoch: Epoch },
  signal: AbortSignal,
  wasCalled: (slotId: SlotId, epoch: Epoch) => boolean,
): Promise<void> {
  // One that was called while no daemon listened was heard by nobody.
  if (wasCalled(slotId, epoch)) return;
  const called = (): boolean => {
    const runtime = core.runtime(slotId);
    // Every hook names the transcript; another run of the slot is for the keyboard to refuse.
    return runtime.epoch !== epoch || runtime.transcriptPath !== null;
  };
  const tooLate = within(FIRST_HOOK_WITHIN_MS);
  try {
    await untilEvent(core.bus, called, AbortSignal.any([signal, tooLate]));
  } catch (cause) {
    if (signal.aborted || !tooLate.aborted) throw cause;
    if (called() || wasCalled(slotId, epoch)) return;
    throw new MissionError(
      'hooks_silent',
      `Claude Code in slot ${slotId} has called no hook of missiond, so nothing was typed: it would not ask what it may do.`,
      {
        cause,
        remedy: `Remove disableAllHooks (or allowManagedHooksOnly) from the settings that Claude Code reads in the slot's folder, then mission_restart ${slotId}; /status in the terminal names settings files that it could not read.`,
      },
    );
  }
}
