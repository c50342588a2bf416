import { fromCallback, fromPromise } from 'xstate';
import type { SlotId, TaskId } from '../../db/ids.ts';
import { missionMachine, slotActorId, taskActorId } from '../../machines/mission.ts';
import { type LaunchPlan, slotMachine } from '../../machines/slot.ts';
import { stuckMachine } from '../../machines/stuck.ts';
import { taskMachine } from '../../machines/task.ts';
import type { Assignment, CheckVerdict, Recovery } from '../../machines/task-events.ts';
import type { Autopilot } from '../board/autopilot.ts';
import type { MissionCore } from '../core.ts';
import type { HandOver } from '../hand-over/hand-over.ts';
import { createInterrupt } from '../interrupt-task.ts';
import type { Launcher } from '../launcher.ts';
import { lookAtScreen } from '../look-at-screen.ts';
import type { Questions } from '../questions/questions.ts';
import type { LostTask } from '../recovery.ts';
import { isResting } from '../slot-view.ts';
import type { Stuck } from '../stuck/create-stuck.ts';
import type { Turns } from '../turns.ts';
import type { ResultToCheck } from '../verification.ts';
import type { WaitingTasks } from '../waiting-tasks.ts';
import type { WorktreeKeeping } from '../worktrees/keeping.ts';
import { failCrashedTask, putAwayCrashed, startRespawned } from './supervision.ts';

/** Deadlines are kept on the wall clock and looked at this often; also a last resort for a dispatch that was missed. */
const SWEEP_MS = 1_000;

export interface MachinesDependencies {
  readonly core: MissionCore;
  readonly launcher: Launcher;
  readonly deliver: (taskId: TaskId, assignment: Assignment | null, signal: AbortSignal) => Promise<void>;
  readonly recover: (lost: LostTask, signal: AbortSignal) => Promise<Recovery>;
  readonly verify: (check: ResultToCheck, signal: AbortSignal) => Promise<CheckVerdict>;
  readonly questions: Questions;
  readonly turns: Turns;
  readonly stuck: Pick<Stuck, 'sweep' | 'takeStep'>;
  readonly handOver: Pick<HandOver, 'sweep'>;
  readonly worktrees: Pick<WorktreeKeeping, 'sweep'>;
  readonly waiting: Pick<WaitingTasks, 'letIn'>;
  readonly autopilot: Pick<Autopilot, 'sweep'>;
  readonly dispatchSoon: () => void;
  readonly writeLater: (write: () => void) => void;
  readonly report: (where: string) => (error: unknown) => void;
}

/** Gives the names in the statecharts their meaning. */
export function provideMachines({
  core,
  launcher,
  deliver,
  recover,
  verify,
  questions,
  turns,
  stuck,
  handOver,
  worktrees,
  waiting,
  autopilot,
  dispatchSoon,
  writeLater,
  report,
}: MachinesDependencies) {
  const interrupt = createInterrupt({ core, launcher, questions });

  function sweep(): void {
    for (const taskId of core.tasks.overdue(core.now()))
      core.sendToTask(taskId, { type: 'deadline.passed', at: core.now() });
    for (const taskId of core.occupied.values()) {
      const { timeoutMs } = core.tasks.get(taskId) ?? {};
      const begun = timeoutMs == null ? undefined : core.attempts.last(taskId);
      if (timeoutMs != null && begun?.endedAt === null && begun.startedAt + timeoutMs <= core.now())
        core.sendToTask(taskId, { type: 'attempt.timedOut', timeoutMs, at: core.now() });
    }
    waiting.letIn();
    // A session that rests while its task counts as running is looked at, also when nothing moved it since.
    for (const slotId of core.occupied.keys()) {
      const { epoch } = core.runtime(slotId);
      const snapshot = core.slotSnapshot(slotId);
      if (epoch !== null && snapshot !== undefined && isResting(snapshot)) turns.restingSeen(slotId, epoch);
    }
    stuck.sweep();
    handOver.sweep();
    autopilot.sweep();
    worktrees.sweep();
    dispatchSoon();
  }

  return missionMachine.provide({
    actors: {
      slot: slotMachine.provide({
        actors: {
          stuck: stuckMachine.provide({
            actions: {
              takeStep(_, { slotId, taken }) {
                if (taken !== undefined) stuck.takeStep(slotId, taken);
              },
            },
          }),
          plan: fromPromise<
            LaunchPlan,
            {
              readonly slotId: SlotId;
              readonly previous: LaunchPlan | null;
              readonly resume: boolean;
              readonly folder: string | null;
            }
          >(({ input }) => launcher.plan(input.slotId, input.previous, input.resume, input.folder)),
          launch: fromPromise(({ input, signal }) =>
            launcher.launch(input.slotId, input.plan, input.mcpConfigPath, signal),
          ),
          terminate: fromPromise(({ input }) => launcher.terminate(input.slotId, input.plan)),
          clock: fromPromise(async () => ({ at: core.now(), chance: Math.random() })),
        },
        actions: {
          look(_, { slotId, epoch }) {
            if (epoch === undefined) return;
            lookAtScreen(core, slotId, epoch).catch(report('the screen of a slot could not be read'));
          },
        },
      }),
      task: taskMachine.provide({
        actors: {
          deliver: fromPromise(({ input, signal }) => deliver(input.taskId, input.assignment, signal)),
          recover: fromPromise(({ input, signal }) => recover(input, signal)),
          verify: fromPromise(({ input, signal }) => verify(input, signal)),
          interrupt: fromPromise(({ input, signal }) => interrupt(input.taskId, input.assignment, signal)),
        },
      }),
      dispatcher: fromCallback(() => {
        const timer = setInterval(() => {
          try {
            sweep();
          } catch (error) {
            report('deadlines could not be looked at')(error);
          }
        }, SWEEP_MS);
        return () => clearInterval(timer);
      }),
    },
    actions: {
      release(_, { actorId, failure, willRespawn }) {
        core.logger.error({ actorId, failure, willRespawn }, 'an actor crashed');
        for (const slotId of core.runtimes.keys()) {
          if (actorId !== slotActorId(slotId)) continue;
          putAwayCrashed({ core, launcher, questions, turns, writeLater }, slotId, {
            message: failure.message,
            willRespawn,
          }).catch(report('the terminal of a crashed slot could not be ended'));
        }
        for (const taskId of core.occupied.values()) {
          if (actorId === taskActorId(taskId)) failCrashedTask(core, taskId, failure.message);
        }
      },
      respawned: (_, { slotId }) => startRespawned(core, slotId),
    },
  });
}
