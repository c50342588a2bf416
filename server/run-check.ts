import type { VerificationDependencies } from '../actors/verification.ts';
import type { SlotsFile } from '../services/config/slots-file.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { runProgram } from '../services/processes/run-program.ts';

/** What a build needs to find its tools. The daemon's own variables, and the secrets of slots, are not for checks. */
const HANDED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** Runs the commands that check results, each in the folder of its slot. */
export function createCheckRunner(
  file: Pick<SlotsFile, 'slots'>,
  env: NodeJS.ProcessEnv,
): VerificationDependencies['runCommand'] {
  const handedOn = Object.fromEntries(HANDED_ON.map((name) => [name, env[name]]));
  return async (slotId, command, { signal, printed }) => {
    const slot = file.slots.find(({ id }) => id === slotId);
    if (slot === undefined) throw new MissionError('slot_unknown', `Slot ${slotId} is no longer configured.`);
    await runProgram(['/bin/sh', '-c', command], '', { cwd: slot.cwd, env: handedOn, signal, printed });
  };
}
