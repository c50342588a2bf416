import { createHash, randomUUID } from 'node:crypto';
import { type Role, type SlotId, TaskId } from '../../db/ids.ts';
import { redactTokens } from '../../db/redact-tokens.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { MAX_PROMPT_CHARACTERS } from '../../services/keyboard/prompt-plan.ts';
import { newTaskRow } from '../../services/ledger/new-task-row.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import { isWorkspace } from '../agents/is-workspace.ts';
import type { MissionCore } from '../core.ts';
import { SNAPSHOT_VERSION } from '../journal.ts';
import { resultsNamedIn } from '../results-in-prompt.ts';
import { dependencyFailure, standingOf } from '../waiting-tasks.ts';
import type { SubmitRequest } from './api.ts';
import { findTask } from './find-task.ts';
import { taskView } from './task-view.ts';
import { IN_EVENT } from './text-page.ts';

/** The first pause before a retry, unless the submitter says another. */
const USUAL_RETRY_BACKOFF_MS = 5_000;

/** @throws MissionError `prompt_empty` or `prompt_too_long` */
function checkPrompt(prompt: string): void {
  // Control characters are stripped when typing; what is left must say something.
  if (prompt.replace(/[\p{Cc}\p{Cf}\s]/gu, '') === '') {
    throw new MissionError('prompt_empty', 'The prompt holds no printable character.', {
      remedy: 'Give words.',
    });
  }
  // Refused at the door: nothing that long can be typed, so the task could only fail later.
  if (prompt.length > MAX_PROMPT_CHARACTERS) {
    throw new MissionError(
      'prompt_too_long',
      `The prompt has ${prompt.length} characters; a terminal session takes ${MAX_PROMPT_CHARACTERS}.`,
      {
        remedy: 'Put the text into a file in the working directory of the slot and ask the agent to read it.',
      },
    );
  }
}

function nonEmpty(words: readonly string[] | undefined): readonly string[] | null {
  return words === undefined || words.length === 0 ? null : words;
}

/** What was asked for, in the form in which two requests are the same. */
function contentHash(
  kind: TaskRow['kind'],
  { submitter: _, ...request }: SubmitRequest,
  dependencies: readonly TaskRow[],
): string {
  // An id may be said whole or by its beginning.
  const dependsOn = request.dependsOn === undefined ? undefined : dependencies.map(({ id }) => id);
  const said = Object.entries({ ...request, dependsOn }).filter(([, value]) => value !== undefined);
  const sorted = said.sort(([a], [b]) => a.localeCompare(b));
  return createHash('sha256')
    .update(JSON.stringify([kind, sorted]))
    .digest('hex');
}

/** Takes in new tasks: everything that can be refused is refused here, before anybody waits for it. */
export function createSubmission(core: MissionCore, dispatchSoon: () => void) {
  /** The role of the work, and the slot when one was named. */
  function route({ role, slotId }: SubmitRequest): { readonly role: Role; readonly slotId: SlotId | null } {
    if (slotId !== undefined) {
      const { configuration } = core.runtime(slotId);
      if (core.closing.has(slotId))
        throw new MissionError('slot_unknown', `Slot ${slotId} is being closed.`, {
          remedy: 'Give the work to another slot.',
        });
      if (role !== undefined && role !== configuration.role) {
        throw new MissionError(
          'role_unknown',
          `Slot ${slotId} has the role ${configuration.role}, not ${role}.`,
          { remedy: 'Leave the role out, or name a slot of that role.' },
        );
      }
      return { role: configuration.role, slotId };
    }
    // A workspace is the person's: what is meant for it names it.
    const open = [...core.runtimes.values()].filter(
      ({ configuration }) => !isWorkspace(core, configuration.id),
    );
    const roles = new Set(open.map(({ configuration }) => configuration.role));
    if (role === undefined || !roles.has(role)) {
      throw new MissionError(
        'role_unknown',
        role === undefined ? 'Neither a role nor a slot was named.' : `No slot has the role "${role}".`,
        {
          remedy: `Use one of: ${[...roles].join(', ') || 'none is configured; add a slot to slots.yaml'}.`,
        },
      );
    }
    return { role, slotId: null };
  }

  /**
   * The slots that may do the work of a request.
   * @throws MissionError `no_slot_fits`
   */
  function candidatesOf(request: SubmitRequest): readonly SlotId[] {
    const { role, slotId } = route(request);
    const meant = [...core.runtimes.values()]
      .map(({ configuration }) => configuration)
      .filter((slot) =>
        slotId === null ? slot.role === role && !isWorkspace(core, slot.id) : slot.id === slotId,
      );
    const required = request.requires ?? [];
    const fit = meant.filter(({ traits }) => required.every((trait) => traits.includes(trait)));
    if (fit.length > 0) return fit.map(({ id }) => id);
    const each = meant.map(({ id, traits }) => `${id} has ${traits.join(', ') || 'none'}`);
    throw new MissionError(
      'no_slot_fits',
      `${slotId === null ? `No slot of the role ${role} has` : `Slot ${slotId} does not have`} all of the traits ${required.join(', ')}: ${each.join('; ')}.`,
      { remedy: 'Add what is missing to `traits:` of a slot in slots.yaml, or require less.' },
    );
  }

  /** @throws MissionError `queue_full` */
  function checkRoom(role: Role): void {
    const refuse = (whose: string, waiting: number, most: number): void => {
      if (waiting < most) return;
      throw new MissionError('queue_full', `${waiting} tasks ${whose} wait already; ${most} may.`, {
        remedy: 'Submit it when some are done, cancel others, or raise maxQueued in slots.yaml.',
      });
    };
    const ofRole = core.limits.roles[role]?.maxQueued;
    if (ofRole !== undefined) refuse(`for the role ${role}`, core.queue.size(role), ofRole);
    refuse('of all roles', core.queue.size(), core.limits.maxQueued);
  }

  function dependenciesOf({ prompt, dependsOn = [] }: SubmitRequest): readonly TaskRow[] {
    const found = dependsOn.map((id) => findTask(core.tasks, id));
    const unique = [...new Map(found.map((task) => [task.id, task])).values()];
    const unknown = resultsNamedIn(prompt).find((name) => !unique.some(({ id }) => id.startsWith(name)));
    if (unknown !== undefined) {
      throw new MissionError(
        'input_invalid',
        `The prompt wants the result of ${unknown}, which dependsOn does not name.`,
        { remedy: `Add "${unknown}" to dependsOn.` },
      );
    }
    return unique;
  }

  /** What was handed in before under the same key. */
  function earlier(submitter: string, key: string, hash: string): TaskRow | undefined {
    const before = core.tasks.byIdempotencyKey(submitter, key);
    if (before !== undefined && before.contentHash !== hash) {
      throw new MissionError(
        'idempotency_conflict',
        `Under the key "${key}" another task was submitted before: ${before.id}.`,
        { remedy: 'Use a new key for other work.', facts: { taskId: before.id } },
      );
    }
    return before;
  }

  return {
    candidatesOf,

    /** True when the same was handed in before, under the same key. */
    isRepeated(kind: TaskRow['kind'], request: SubmitRequest): boolean {
      const { submitter = '', idempotencyKey } = request;
      return (
        idempotencyKey !== undefined &&
        earlier(submitter, idempotencyKey, contentHash(kind, request, dependenciesOf(request))) !== undefined
      );
    },

    /**
     * Stores a task before its submitter hears of it. With a key that was used before, it is the earlier task.
     * @throws MissionError that says what would be needed
     */
    enqueue(kind: TaskRow['kind'], request: SubmitRequest): TaskId {
      checkPrompt(request.prompt);
      const { submitter = '', idempotencyKey = null, notBefore = null } = request;
      const dependencies = dependenciesOf(request);
      const hash = idempotencyKey === null ? null : contentHash(kind, request, dependencies);
      // Looked up first: what was let in is let in, whatever has become of its role or slot.
      const before =
        idempotencyKey === null || hash === null ? undefined : earlier(submitter, idempotencyKey, hash);
      if (before !== undefined) return before.id;
      const { role, slotId } = route(request);
      candidatesOf(request);
      if (request.verify?.role !== undefined) route({ role: request.verify.role, prompt: '' });
      // A message has its slot, and a check is the end of work that was let in before.
      if (kind === 'task' || kind === 'ask') checkRoom(role);
      const createdAt = core.now();
      const standing = standingOf(dependencies, notBefore, createdAt);
      if (standing === null) {
        const { message, remedy } = dependencyFailure(dependencies);
        throw new MissionError('dependency_failed', message, remedy === undefined ? {} : { remedy });
      }
      const row = newTaskRow({
        id: TaskId.parse(randomUUID()),
        kind,
        role,
        prompt: request.prompt,
        pinnedSlotId: slotId,
        ...standing,
        deadlineAt: request.deadlineMs === undefined ? null : createdAt + request.deadlineMs,
        submitter,
        priority: request.priority ?? 0,
        requires: nonEmpty(request.requires),
        notBefore,
        timeoutMs: request.timeoutMs ?? null,
        retries: request.retries ?? 0,
        retryBackoffMs: request.retryBackoffMs ?? USUAL_RETRY_BACKOFF_MS,
        includeResults: request.includeResults ?? false,
        verify: request.verify ?? null,
        worktree: request.worktree ?? null,
        labels: nonEmpty(request.labels?.map(redactTokens)),
        budgetUsd: request.budget?.usd ?? null,
        budgetTokens: request.budget?.tokens ?? null,
        guard: request.guard ?? null,
        idempotencyKey,
        contentHash: hash,
        createdAt,
        snapshotVersion: SNAPSHOT_VERSION,
      });
      core.tasks.insert(
        row,
        dependencies.map(({ id }) => id),
      );
      core.bus.publish({ type: 'task_changed', at: createdAt, task: taskView(row, IN_EVENT) });
      dispatchSoon();
      return row.id;
    },
  };
}
