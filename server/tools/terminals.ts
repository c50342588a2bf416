import { statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { HistoryEntryView, SlotView } from '../../actors/mission/views.ts';
import { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Caller } from '../auth/caller.ts';
import { operation } from './operation.ts';
import { sayProgress } from './say-progress.ts';
import { KillOutput } from './slots.ts';

const SEND_TIMEOUT_MS = 300_000;
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

const slot = { slotId: SlotId };

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * It becomes an argument of Claude Code: what is no file could be an option of it.
 * @throws MissionError `not_permitted`, `input_invalid`
 */
function checkConfiguration(file: string, by: Caller): void {
  // First of all: nobody else is told which files there are.
  if (by.role !== 'owner') {
    throw new MissionError(
      'not_permitted',
      'An MCP configuration names programs: only the owner chooses one.',
      { remedy: 'Leave out mcpConfigPath, or set mcpConfig for the slot in slots.yaml.' },
    );
  }
  if (path.isAbsolute(file) && isFile(file)) return;
  throw new MissionError('input_invalid', `${JSON.stringify(file)} is no file that is there.`, {
    remedy: 'Give mcpConfigPath as an absolute path.',
  });
}

export const ptySpawn = operation({
  name: 'mission_pty_spawn',
  title: 'Start a terminal',
  description: 'Starts Claude Code in the terminal of a slot, and waits until it is idle when asked to.',
  input: z.object({
    ...slot,
    waitForIdle: z.boolean().default(false),
    timeoutSecs: z
      .number()
      .positive()
      .max(3_600)
      .default(60)
      .describe('How long to wait for idle, in seconds.'),
    autoRestart: z.boolean().default(false),
    mcpConfigPath: z.string().optional().describe("An MCP configuration instead of the slot's own."),
  }),
  output: SlotView,
  readOnly: false,
  run({ slotId, waitForIdle, timeoutSecs, autoRestart, mcpConfigPath }, { mission, by }) {
    if (mcpConfigPath !== undefined) checkConfiguration(mcpConfigPath, by);
    return mission.spawn(slotId, {
      waitForIdle,
      timeoutMs: timeoutSecs * 1_000,
      autoRestart,
      ...(mcpConfigPath === undefined ? {} : { mcpConfigPath }),
    });
  },
});

export const ptySend = operation({
  name: 'mission_pty_send',
  title: 'Send a message to a terminal',
  description:
    'Types a message into an idle session, and waits for the answer when asked to. Refused while the session is busy or a person types; mission_submit waits instead.',
  input: z.object({
    ...slot,
    message: z.string(),
    waitForResponse: z.boolean().default(false),
    timeoutMs: z.number().int().positive().max(LONGEST_WAIT_MS).default(SEND_TIMEOUT_MS),
  }),
  output: z.object({
    delivered: z.boolean(),
    mode: z.enum(['fire-and-forget', 'response']),
    hint: z.string().optional(),
    response: z.string().optional(),
    durationMs: z.number().optional(),
    state: z.string().optional(),
  }),
  readOnly: false,
  // Its own words would come back to it as those of a person.
  forSlots: false,
  run({ slotId, message, waitForResponse, timeoutMs }, { mission, signal, progress }) {
    const stop = mission.subscribe((event) => {
      if (event.type === 'slot_changed' && event.slot.slotId === slotId)
        progress(`${slotId}: ${event.slot.state}`);
      if (event.type === 'task_progress' && event.slotId === slotId)
        progress(`${slotId}: ${sayProgress(event.progress)}`);
    });
    return mission.send(slotId, message, { waitForResponse, timeoutMs, signal }).finally(stop);
  },
});

export const ptyScreen = operation({
  name: 'mission_pty_screen',
  title: 'Look at a terminal',
  description: 'The text of the screen, or the last lines with scrollback.',
  input: z.object({ ...slot, lines: z.number().int().positive().max(5_000).optional() }),
  output: z.object({ slotId: SlotId, screen: z.string() }),
  readOnly: true,
  shows: ({ slotId }) => slotId,
  run: async ({ slotId, lines }, { mission }) => ({ slotId, screen: await mission.screen(slotId, lines) }),
});

export const ptyInterrupt = operation({
  name: 'mission_pty_interrupt',
  title: 'Interrupt a turn',
  description: 'Stops the turn that goes on in a session, as Esc does. The session stays.',
  input: z.object(slot),
  output: z.object({ interrupted: z.boolean(), state: z.string() }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  run: ({ slotId }, { mission }) => mission.interrupt(slotId),
});

export const ptyKill = operation({
  name: 'mission_pty_kill',
  title: 'Stop a terminal',
  description: 'Ends the Claude Code of a slot with everything it started (as mission_kill).',
  input: z.object(slot),
  output: KillOutput,
  readOnly: false,
  destructive: true,
  idempotent: true,
  async run({ slotId }, { mission, caller }) {
    const { requeuedTasks, failedTasks, claimsReleased, ...result } = await mission.kill(slotId, caller);
    return {
      ...result,
      requeuedTasks: [...requeuedTasks],
      failedTasks: [...failedTasks],
      claimsReleased: [...claimsReleased],
    };
  },
});

export const ptyStatus = operation({
  name: 'mission_pty_status',
  title: 'State of terminals',
  description:
    'What a session (or every session) does, why missiond thinks so, and the question that waits, with its options.',
  input: z.object({ slotId: SlotId.optional() }),
  output: z.object({ slots: z.array(SlotView) }),
  readOnly: true,
  ownOfSlot: (input, slotId) => input.slotId === slotId,
  run: ({ slotId }, { mission }) => ({
    slots: slotId === undefined ? [...mission.slots()] : [mission.slot(slotId)],
  }),
});

export const ptyHistory = operation({
  name: 'mission_pty_history',
  title: 'Prompts and answers of a slot',
  description: 'What was asked and answered in a slot, oldest first, also by people at its terminal.',
  input: z.object(slot),
  output: z.object({ slotId: SlotId, history: z.array(HistoryEntryView) }),
  readOnly: true,
  shows: ({ slotId }) => slotId,
  run: ({ slotId }, { mission }) => ({ slotId, history: [...mission.history(slotId)] }),
});

export const ptyLogs = operation({
  name: 'mission_pty_logs',
  title: 'Log of a slot',
  description: 'The last lines of what happened in a slot: transitions, judged tools, deliveries, exits.',
  input: z.object({ ...slot, lines: z.number().int().positive().max(5_000).default(200) }),
  output: z.object({
    slotId: SlotId,
    logFile: z.string(),
    transcriptFile: z.string().optional(),
    lines: z.array(z.string()),
  }),
  readOnly: true,
  shows: ({ slotId }) => slotId,
  async run({ slotId, lines }, { mission }) {
    const log = await mission.logs(slotId, lines);
    return { ...log, lines: [...log.lines] };
  },
});

export const terminalOperations = [
  ptySpawn,
  ptySend,
  ptyScreen,
  ptyInterrupt,
  ptyKill,
  ptyStatus,
  ptyHistory,
  ptyLogs,
];
