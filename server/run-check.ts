import type { VerificationDependencies } from '../actors/verification.ts';
import type { SlotsFile } from '../services/config/slots-file.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { handedOn } from '../services/processes/handed-on.ts';
import { runProgram } from '../services/processes/run-program.ts';

/** Runs the commands that check results, each in the folder of its slot. */
export function createCheckRunner(
  file: Pick<SlotsFile, 'slots'>,
  env: NodeJS.ProcessEnv,
): VerificationDependencies['runCommand'] {
  return async (slotId, command, { signal, printed }) => {
    const slot = file.slots.find(({ id }) => id === slotId);
    if (slot === undefined) throw new MissionError('slot_unknown', `Slot ${slotId} is no longer configured.`);
    await runProgram(['/bin/sh', '-c', command], '', { cwd: slot.cwd, env: handedOn(env), signal, printed });
  };
}
