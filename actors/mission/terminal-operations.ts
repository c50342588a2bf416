import type { SlotId } from '../../db/ids.ts';
import { within } from '../../services/deadline/within.ts';
import { lastLines } from '../../services/diagnostics/last-lines.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { must } from '../../services/keyboard/keyboard-terminal.ts';
import type { MissionCore } from '../core.ts';
import { SESSION_SIZE } from '../launcher.ts';
import type { SlotKeyboard, SlotRuntime } from '../slot-runtime.ts';
import { isResting, readinessOf, type SlotSnapshot } from '../slot-view.ts';
import type { Mission } from './api.ts';
import type { MissionDependencies } from './mission-dependencies.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { failedTask, type TaskOperations } from './task-operations.ts';
import { hintOfRest } from './task-view.ts';

/** One key takes a second; a loaded machine may take longer. */
const KEYS_WITHIN_MS = 15_000;

export interface TerminalOperationsDependencies {
  readonly core: MissionCore;
  readonly snapshotOf: (slotId: SlotId) => SlotSnapshot | undefined;
  readonly dependencies: Pick<MissionDependencies, 'logFile' | 'redactScreen' | 'screenshots'>;
  readonly tasks: Pick<TaskOperations, 'enqueue' | 'waitForTask'>;
  readonly signal: AbortSignal;
}

/** One terminal at a time: writing to it, looking at it, answering it. */
export function createTerminalOperations({
  core,
  snapshotOf,
  dependencies: { logFile, redactScreen, screenshots },
  tasks,
  signal,
}: TerminalOperationsDependencies): Pick<
  Mission,
  'send' | 'screen' | 'screenshot' | 'interrupt' | 'history' | 'logs' | 'attach'
> {
  function running(slotId: SlotId): {
    readonly runtime: SlotRuntime;
    readonly keyboard: SlotKeyboard;
    readonly epoch: NonNullable<SlotRuntime['epoch']>;
  } {
    const runtime = core.runtime(slotId);
    if (runtime.keyboard === null || runtime.epoch === null) {
      throw new MissionError('slot_not_running', `Slot ${slotId} has no running session.`, {
        remedy: `Start it with mission_pty_spawn {"slotId": "${slotId}"}.`,
      });
    }
    return { runtime, keyboard: runtime.keyboard, epoch: runtime.epoch };
  }

  return {
    async send(slotId, message, options) {
      running(slotId);
      const snapshot = snapshotOf(slotId);
      const { state, conversation, composer } = core.view(slotId);
      if (
        snapshot === undefined ||
        core.occupied.has(slotId) ||
        readinessOf(snapshot, core.now()) !== 'ready'
      ) {
        const draft = composer === 'personDraft' || composer === 'menu';
        throw new MissionError(
          draft ? 'composer_occupied' : 'slot_not_idle',
          draft
            ? `A draft stands in the prompt box of ${slotId}.`
            : `Slot ${slotId} is not idle (${state}, ${conversation}).`,
          {
            remedy: 'Wait until it is idle, or use mission_submit, which waits in the queue.',
          },
        );
      }
      const startedAt = core.now();
      const taskId = tasks.enqueue('message', { slotId, prompt: message });
      if (!options.waitForResponse) {
        return {
          delivered: true,
          mode: 'fire-and-forget',
          hint: `Being typed. mission_status {"taskId": "${taskId}"} says how it went; mission_pty_history shows the answer.`,
        };
      }
      const task = await tasks.waitForTask(taskId, options);
      if (task.status !== 'done') throw failedTask(task);
      return {
        delivered: true,
        mode: 'response',
        response: task.result ?? '',
        ...hintOfRest(task),
        durationMs: core.now() - startedAt,
        state: core.view(slotId).state,
      };
    },

    async screen(slotId, lines) {
      const text = await core.host().text(running(slotId).epoch, lines);
      return redactScreen(slotId, text, SESSION_SIZE.columns);
    },

    async screenshot(slotId, options) {
      const snapshot = await takeSnapshot(core.host(), running(slotId).epoch, signal);
      return screenshots.keep(slotId, snapshot, options);
    },

    async interrupt(slotId) {
      const { keyboard } = running(slotId);
      const snapshot = snapshotOf(slotId);
      if (snapshot !== undefined && isResting(snapshot))
        return { interrupted: false, state: core.view(slotId).state };
      must(await keyboard.interrupt(within(KEYS_WITHIN_MS, signal)));
      return { interrupted: true, state: core.view(slotId).state };
    },

    history(slotId) {
      core.runtime(slotId);
      return core.slots.history(slotId).map(({ role, content, at, taskId }) => ({
        role,
        content,
        timestamp: at,
        ...(taskId === null ? {} : { taskId }),
      }));
    },

    async logs(slotId, lines) {
      const runtime = core.runtime(slotId);
      const file = logFile(slotId);
      return {
        slotId,
        logFile: file,
        ...(runtime.transcriptPath === null ? {} : { transcriptFile: runtime.transcriptPath }),
        lines: await lastLines(file, lines),
      };
    },

    async attach(slotId, handlers, { fromSequence, readOnly }) {
      const { runtime, keyboard, epoch } = running(slotId);
      const tell = (): void => {
        core.signal(slotId, {
          type: 'attachment.changed',
          epoch,
          at: core.now(),
          viewers: runtime.viewers,
          controllers: runtime.controllers,
        });
      };
      const attachment = await core.host().attach(epoch, handlers, fromSequence);
      runtime.viewers += 1;
      if (!readOnly) runtime.controllers += 1;
      tell();
      let detached = false;
      const refuse = (): void => {
        if (readOnly)
          throw new MissionError('not_authorised', 'This attachment is read-only.', {
            remedy: 'Attach without --read-only.',
          });
      };
      return {
        sessionId: snapshotOf(slotId)?.context.plan?.sessionId,
        acknowledge: attachment.acknowledge,
        detach() {
          if (detached) return;
          detached = true;
          attachment.detach();
          runtime.viewers -= 1;
          if (!readOnly) runtime.controllers -= 1;
          if (runtime.epoch !== epoch) return;
          tell();
          // The last person has left: the session is drawn at its own size again. A terminal that has gone has none.
          if (runtime.controllers === 0) {
            core
              .host()
              .resize(epoch, SESSION_SIZE.columns, SESSION_SIZE.rows)
              .catch(() => {});
          }
        },
        async input(data) {
          refuse();
          core.signal(slotId, { type: 'person.typed', epoch, at: core.now() });
          await keyboard.passThrough(data);
        },
        async resize(columns, rows) {
          refuse();
          await core.host().resize(epoch, columns, rows);
        },
      };
    },
  };
}
