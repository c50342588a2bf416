import type { SnapshotFrom } from 'xstate';
import { z } from 'zod';
import type { SlotId, TaskId } from '../db/ids.ts';
import type { sessionMachine } from '../machines/session.ts';
import { nearestState, type SessionStateName, viewSession } from '../machines/session-view.ts';
import type { HookBody } from '../services/claude/hook-body.ts';
import type { MissionCore } from './core.ts';
import { FIRST_PAGE, pageOf } from './mission/text-page.ts';

/** A listener wants to see what a tool said, not to store it: the transcript has all of it. */
const MOST_OUTPUT_CHARACTERS = 8_000;

const Output = z.union([
  z.string(),
  z
    .looseObject({ stdout: z.string(), stderr: z.string().optional() })
    .transform(({ stdout, stderr = '' }) => [stdout, stderr].filter((text) => text !== '').join('\n')),
  z.unknown().transform((value) => String(JSON.stringify(value))),
]);

interface Told {
  readonly state: SessionStateName;
  readonly conversation: string;
  readonly status: string;
}

export interface SessionReportsDependencies {
  readonly core: Pick<MissionCore, 'bus' | 'now'>;
  readonly redact: (slotId: SlotId, text: string) => string;
}

/**
 * Publishes what happens in a session as events of their own, only on change: a state, a status, the output of a tool,
 * a whole answer. Questions and titles have theirs where they arise.
 */
export function createSessionReports({ core, redact }: SessionReportsDependencies) {
  const told = new Map<SlotId, Told>();

  return {
    sessionMoved(slotId: SlotId, session: SnapshotFrom<typeof sessionMachine>): void {
      const { conversation } = session.context;
      const view = viewSession(session);
      const at = core.now();
      const status = {
        ...(view.statusText === undefined ? {} : { statusText: view.statusText }),
        ...(view.contextLeftPercent === undefined ? {} : { contextLeftPercent: view.contextLeftPercent }),
        health: view.health,
      };
      const before = told.get(slotId);
      const now = { state: nearestState(conversation), conversation, status: JSON.stringify(status) };
      told.set(slotId, now);
      if (before?.conversation !== now.conversation) {
        core.bus.publish({
          type: 'state_changed',
          at,
          slotId,
          state: now.state,
          previousState: before?.state ?? 'starting',
          conversation,
          rule: view.why.rule,
        });
      }
      if (before?.status !== now.status) core.bus.publish({ type: 'status_updated', at, slotId, ...status });
    },

    /** A hook of the slot's own conversation. */
    hookHeard(slotId: SlotId, hook: HookBody): void {
      const at = core.now();
      if (hook.name === 'PostToolUse' || hook.name === 'PostToolUseFailure') {
        const failed = hook.name === 'PostToolUseFailure';
        const output = failed ? hook.error : Output.parse(hook.toolResponse);
        core.bus.publish({
          type: 'tool_output',
          at,
          slotId,
          tool: hook.tool,
          ...(hook.toolUseId === undefined ? {} : { toolUseId: hook.toolUseId }),
          output: redact(slotId, output).slice(0, MOST_OUTPUT_CHARACTERS),
          failed,
        });
      }
    },

    /** A turn ended with these words; a task's, or of what a person typed. */
    turnEnded(slotId: SlotId, taskId: TaskId | null, words: string): void {
      const { text, totalChars } = pageOf(redact(slotId, words), FIRST_PAGE);
      core.bus.publish({
        type: 'text_complete',
        at: core.now(),
        slotId,
        ...(taskId === null ? {} : { taskId }),
        text,
        textTotalChars: totalChars,
      });
    },
  };
}

export type SessionReports = ReturnType<typeof createSessionReports>;
