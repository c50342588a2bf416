import { MissionError } from '../errors/mission-error.ts';
import { type MachineFacts, readFacts } from './machine-facts.ts';
import { PROBE_SCRIPT } from './probe-script.ts';
import { createSshRunner, type Resolved } from './run-over-ssh.ts';
import { type SshTarget, targetWords } from './ssh-target.ts';

/** A machine that answers slowly has many disks; one that never does is no reason to wait longer. */
const WITHIN_MS = 30_000;

export interface Probed {
  readonly resolved: Resolved;
  readonly facts: MachineFacts;
}

export interface ProbeRequest {
  readonly target: SshTarget;
  readonly password?: string | undefined;
  readonly signal: AbortSignal;
}

/** Looks at a machine. @throws MissionError `host_key_unknown`, `host_key_changed`, `ssh_failed`, `timeout`, `cancelled` */
export type ProbeMachine = (request: ProbeRequest) => Promise<Probed>;

/** Looks at machines over ssh. What runs there is always the same script. */
export function createSshProbe(env: NodeJS.ProcessEnv): ProbeMachine {
  const run = createSshRunner(env);
  return async (request) => {
    const { resolved, answer } = await run({ ...request, script: PROBE_SCRIPT, withinMs: WITHIN_MS });
    const facts = readFacts(answer);
    if (facts === null)
      throw new MissionError('ssh_failed', `${targetWords(request.target)} told nothing of itself.`);
    return { resolved, facts };
  };
}
