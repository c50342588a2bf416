import type { SlotId, TaskId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import type { Journal } from '../journal.ts';
import type { Messages } from '../messages/api.ts';
import { createAnswering } from '../questions/answer-question.ts';
import { answerTrustByItself } from '../questions/answer-trust.ts';
import { createOwnQuestions } from '../questions/own-questions.ts';
import { createQuestions } from '../questions/questions.ts';
import { createRemembering } from '../questions/remember.ts';
import { waitsFor } from '../questions/waits-for.ts';
import type { MissionDependencies } from './mission-dependencies.ts';
import { createPermissionOperations } from './permission-operations.ts';

/** What waits for an answer, how it is answered, and the rules that an answer may change. */
export function createAsking({
  core,
  dependencies: { now, redact, rules, judge, roles, database },
  messages,
  goOn,
  journal,
  signal,
  report,
}: {
  readonly core: MissionCore;
  readonly dependencies: Pick<
    MissionDependencies,
    'now' | 'redact' | 'rules' | 'judge' | 'roles' | 'database'
  >;
  readonly messages: () => Messages;
  /** Lets a task go on that was left for an answer. */
  readonly goOn: (taskId: TaskId) => void;
  readonly journal: () => Pick<Journal, 'enqueue' | 'touch'>;
  /** Calls off what is being typed. */
  readonly signal: AbortSignal;
  readonly report: (where: string) => (error: unknown) => void;
}) {
  function asks(slotId: SlotId, taskId: TaskId | undefined, open: boolean): void {
    if (taskId !== undefined) core.sendToTask(taskId, { type: open ? 'question.asked' : 'question.closed' });
    const actor = core.slotActor(slotId);
    if (actor !== undefined) journal().touch(actor);
  }
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
    changed: asks,
  });
  const own = createOwnQuestions({
    core,
    db: database.db,
    messages,
    redact,
    waits(slotId, taskId, doesWait) {
      // A row that no session has is not woken by this.
      if (core.tasks.get(taskId)?.slotId !== slotId) return;
      // A dialog that stands keeps it waiting.
      if (doesWait || questions.of(slotId) === undefined) asks(slotId, taskId, doesWait);
    },
    goOn,
    onError: report('a question whose time was over could not be given up'),
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
    own,
    ruleToKeep: createRemembering(core, rules),
    allow: permissions.addAllowed,
    signal,
  });
  answerTrustByItself({
    core,
    questions,
    signal,
    onError: report('a trust dialog could not be answered, and waits for a person'),
  });
  return { questions, own, answering, permissions };
}
