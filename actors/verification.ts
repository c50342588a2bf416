import { setImmediate } from 'node:timers/promises';
import type { SlotId, TaskId } from '../db/ids.ts';
import type { Verify } from '../db/schema/tasks.ts';
import type { Assignment, CheckVerdict } from '../machines/task-events.ts';
import { within } from '../services/deadline/within.ts';
import { messageOf } from '../services/errors/message-of.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import type { WorktreeRow } from '../services/ledger/worktree-ledger.ts';
import { untilEvent } from './bus.ts';
import type { MissionCore } from './core.ts';
import type { SubmitRequest } from './mission/api.ts';
import { freeSlotOf } from './mission/supervision.ts';
import { fenced } from './results-in-prompt.ts';

/** A build with its tests may take long; a check that hangs must end some time. */
const COMMAND_WITHIN_MS = 30 * 60_000;
/** An agent may have to wait for a slot first. */
const AGENT_WITHIN_MS = 4 * 60 * 60_000;
/** Who checks a result says so with its first word. */
const AGREED = /^\W*PASS\b/i;

export interface ResultToCheck {
  readonly taskId: TaskId;
  readonly assignment: Assignment | null;
  readonly attempt: number;
  readonly result: string;
}

export interface VerificationDependencies {
  readonly core: MissionCore;
  /**
   * Runs a shell command in a folder; what it starts ends with it. `printed` is told the end of what it
   * printed. Throws an Error that says how it ended, unless that was with status 0.
   */
  readonly runCommand: (
    cwd: string,
    command: string,
    options: { readonly signal: AbortSignal; readonly printed: (output: string) => void },
  ) => Promise<void>;
  /** Takes known secrets out of what is stored or shown. */
  readonly redact: (slotId: SlotId, text: string) => string;
  readonly enqueue: (kind: TaskRow['kind'], request: SubmitRequest) => TaskId;
  readonly dispatchSoon: () => void;
  /** Resolves when everything is written. */
  readonly written: (signal: AbortSignal) => Promise<void>;
  /** Aborted when the daemon stops. */
  readonly stopping: AbortSignal;
}

/** What an agent is asked that checks the result of another. */
function checkPrompt(
  task: TaskRow,
  { prompt }: Verify,
  result: string,
  worktree: WorktreeRow | undefined,
): string {
  return [
    'Check what another agent did. Begin your answer with PASS when you agree with it; else begin with FAIL and say what is wrong.',
    ...(prompt === undefined ? [] : [prompt]),
    `Its task was:\n${fenced(task.prompt)}`,
    ...(worktree === undefined
      ? []
      : [`It worked in ${worktree.folder}, on the branch ${worktree.branch}, from ${worktree.base} on.`]),
    `It answered:\n${fenced(result)}`,
  ].join('\n\n');
}

/** Asks whoever must agree before a task counts as done. Asked again after a restart of the daemon. */
export function createVerification({
  core,
  runCommand,
  redact,
  enqueue,
  dispatchSoon,
  written,
  stopping,
}: VerificationDependencies) {
  async function byCommand(
    slotId: SlotId,
    cwd: string,
    command: string,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<CheckVerdict> {
    let output = '';
    const said = (how: string): string => redact(slotId, `\`${command}\` ${how}\n${output}`.trimEnd());
    try {
      await runCommand(cwd, command, {
        signal: within(withinMs, signal),
        printed(text) {
          output = text;
        },
      });
      return { agreed: true, words: said('agreed') };
    } catch (error) {
      signal.throwIfAborted();
      const how = messageOf(error);
      return { agreed: false, words: said(`did not: ${how}.`) };
    }
  }

  async function byAgent(
    task: TaskRow,
    { attempt, result }: ResultToCheck,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<CheckVerdict> {
    const { verify } = task;
    // Asked again after a restart, it is the same checking task.
    const id = enqueue('check', {
      role: verify?.role,
      prompt: checkPrompt(task, verify ?? {}, result, core.worktrees.get(task.id)),
      deadlineMs: withinMs,
      priority: task.priority,
      submitter: `check:${task.id}`,
      idempotencyKey: String(attempt),
    });
    // The one who checks may be in the same slot.
    freeSlotOf(core, task.id);
    dispatchSoon();
    const check = (): TaskRow | undefined => core.tasks.get(id);
    try {
      await untilEvent(core.bus, () => check()?.finishedAt != null, signal);
    } catch (error) {
      // Nobody waits for the check any more; a daemon that goes down leaves it to the next one.
      if (!stopping.aborted) core.sendToTask(id, { type: 'task.cancel', at: core.now() });
      throw error;
    }
    const { status, result: answer, error } = check() ?? {};
    if (status !== 'done') {
      throw new MissionError(
        'verify_failed',
        `The task ${id}, which should have checked the result, ended as ${status}: ${error ?? ''}`.trimEnd(),
        { remedy: `Look at it with mission_status {"taskId": "${id}"}, then submit the task again.` },
      );
    }
    const words = answer ?? '';
    return { agreed: AGREED.test(words), words };
  }

  return async function verify(toCheck: ResultToCheck, signal: AbortSignal): Promise<CheckVerdict> {
    // An invoked actor begins inside the transition that invokes it; the journal hears of that only afterwards.
    await setImmediate();
    await written(signal);
    const task = core.tasks.get(toCheck.taskId);
    if (task?.verify == null || toCheck.assignment === null)
      throw new MissionError('internal', `Nothing says how task ${toCheck.taskId} is checked.`);
    const { command, timeoutMs } = task.verify;
    const { slotId } = toCheck.assignment;
    const cwd = core.worktrees.get(task.id)?.folder ?? core.runtime(slotId).configuration.cwd;
    return command === undefined
      ? byAgent(task, toCheck, timeoutMs ?? AGENT_WITHIN_MS, signal)
      : byCommand(slotId, cwd, command, timeoutMs ?? COMMAND_WITHIN_MS, signal);
  };
}
