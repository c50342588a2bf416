import type { VerificationDependencies } from '../actors/verification.ts';
import { handedOn } from '../services/processes/handed-on.ts';
import { runProgram } from '../services/processes/run-program.ts';

/** Runs the commands that check results. */
export function createCheckRunner(env: NodeJS.ProcessEnv): VerificationDependencies['runCommand'] {
  return async (cwd, command, { signal, printed }) => {
    await runProgram(['/bin/sh', '-c', command], '', { cwd, env: handedOn(env), signal, printed });
  };
}
