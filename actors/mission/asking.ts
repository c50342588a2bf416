import type { MissionCore } from '../core.ts';
import type { Journal } from '../journal.ts';
import { createAnswering } from '../questions/answer-question.ts';
import { createQuestions } from '../questions/questions.ts';
import { createRemembering } from '../questions/remember.ts';
import { waitsFor } from '../questions/waits-for.ts';
import type { MissionDependencies } from './mission-dependencies.ts';
import { createPermissionOperations } from './permission-operations.ts';

/** What waits for an answer, how it is answered, and the rules that an answer may change. */
export function createAsking({
  core,
  dependencies: { now, redact, rules, judge, roles },
  journal,
  signal,
  report,
}: {
  readonly core: MissionCore;
  readonly dependencies: Pick<MissionDependencies, 'now' | 'redact' | 'rules' | 'judge' | 'roles'>;
  readonly journal: () => Pick<Journal, 'enqueue' | 'touch'>;
  /** Calls off what is being typed. */
  readonly signal: AbortSignal;
  readonly report: (where: string) => (error: unknown) => void;
}) {
  const questions = createQuestions({
    ledger: core.permissions,
    audit: core.audit,
    bus: core.bus,
    now,
    activeTask: (slotId) => core.occupied.get(slotId),
    redact,
    waitsFor: (slotId, kind) => waitsFor(core.runtime(slotId).configuration, kind),
    deny: (id) => answering.deny(id),
    onError: report('a question whose time was over could not be denied'),
    changed(slotId, taskId, open) {
      if (taskId !== undefined)
        core.sendToTask(taskId, { type: open ? 'question.asked' : 'question.closed' });
      const actor = core.slotActor(slotId);
      if (actor !== undefined) journal().touch(actor);
    },
  });
  const permissions = createPermissionOperations(
    core,
    rules,
    { judge, definitionOf: (role) => roles.store.of(null).roles.get(role) },
    (write) => journal().enqueue(write),
  );
  const answering = createAnswering({
    core,
    questions,
    ruleToKeep: createRemembering(core, rules),
    allow: permissions.addAllowed,
    signal,
  });
  return { questions, answering, permissions };
}
