import { within } from '../deadline/within.ts';
import { isWhole } from '../discovery/answer-parts.ts';
import type { RunOverSsh } from '../discovery/run-over-ssh.ts';
import { type SshTarget, targetWords } from '../discovery/ssh-target.ts';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { runProgram } from '../processes/run-program.ts';
import { DIAGNOSE_SCRIPT } from './diagnose-script.ts';
import { type Diagnosis, readDiagnosis } from './read-diagnosis.ts';

/** Its slowest commands are given five seconds each. */
const WITHIN_MS = 30_000;
const MOST_ANSWER_BYTES = 256 * 1024;

export interface Diagnosed extends Diagnosis {
  /** `local`, or `ssh` and where to. */
  readonly connectedVia: string;
}

/** Looks how a machine is: this one without a target. @throws MissionError as `RunOverSsh` does */
export type Diagnose = (target: SshTarget | undefined, signal: AbortSignal) => Promise<Diagnosed>;

async function askHere(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const late = within(WITHIN_MS, signal);
  let answer = '';
  let failure: unknown;
  await runProgram(['sh'], DIAGNOSE_SCRIPT, {
    env: { PATH: env['PATH'] ?? '/usr/bin:/bin' },
    signal: late,
    printed: () => {},
    answered: (text) => {
      answer = text;
    },
    mostAnswerBytes: MOST_ANSWER_BYTES,
  }).catch((error: unknown) => {
    failure = error;
  });
  if (isWhole(answer)) return answer;
  if (signal.aborted) throw new MissionError('cancelled', 'Looking at the machine was called off.');
  if (late.aborted)
    throw new MissionError('timeout', `This machine did not answer within ${WITHIN_MS / 1_000} seconds.`);
  throw new MissionError('internal', `This machine could not be looked at: ${messageOf(failure)}`, {
    cause: failure,
  });
}

export function createDiagnose(env: NodeJS.ProcessEnv, ssh: RunOverSsh): Diagnose {
  return async (target, signal) => {
    if (target === undefined)
      return { ...readDiagnosis(await askHere(env, signal), Date.now()), connectedVia: 'local' };
    const { answer } = await ssh({ target, script: DIAGNOSE_SCRIPT, withinMs: WITHIN_MS, signal });
    return { ...readDiagnosis(answer, Date.now()), connectedVia: `ssh ${targetWords(target)}` };
  };
}
