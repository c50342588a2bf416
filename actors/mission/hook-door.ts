import type { MissionCore } from '../core.ts';
import { createHooks, type HooksDependencies } from '../hooks.ts';
import { createVerdicts, type VerdictDependencies } from '../verdicts.ts';
import type { MissionDependencies } from './mission-dependencies.ts';
import type { createPermissionOperations } from './permission-operations.ts';

export interface HookDoorDependencies
  extends Pick<
    HooksDependencies,
    'turns' | 'reports' | 'progress' | 'stuck' | 'guardrails' | 'give' | 'mail' | 'overlaps' | 'writeLater'
  > {
  readonly core: MissionCore;
  readonly questions: VerdictDependencies['questions'];
  readonly permissions: Pick<ReturnType<typeof createPermissionOperations>, 'notice'>;
  readonly dependencies: Pick<
    MissionDependencies,
    'judge' | 'protectedInPush' | 'redact' | 'isOwnTranscript'
  >;
}

/** What takes in the hooks of Claude Code, with the judge of their tool calls. */
export function createHookDoor({ questions, permissions, dependencies, ...heard }: HookDoorDependencies) {
  const { judge, protectedInPush, redact, isOwnTranscript } = dependencies;
  const { core, guardrails, writeLater } = heard;
  const verdicts = createVerdicts({
    core,
    questions,
    guardrails,
    judge(...call) {
      const verdict = judge(...call);
      permissions.notice();
      return verdict;
    },
    protectedInPush,
    redact,
    writeLater,
  });
  return createHooks({ ...heard, verdicts, redact, isOwnTranscript });
}
