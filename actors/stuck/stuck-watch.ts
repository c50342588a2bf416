import { createHash } from 'node:crypto';
import type { Epoch, SlotId } from '../../db/ids.ts';
import type { StuckLimits, StuckLook } from '../../machines/stuck.ts';
import type { HookBody } from '../../services/claude/hook-body.ts';
import type { MissionCore } from '../core.ts';
import type { SlotConfiguration, SlotRuntime } from '../slot-runtime.ts';
import { personTypes, sessionOf } from '../slot-view.ts';
import { createScreenNovelty } from './screen-novelty.ts';

/** Often enough to see work that draws little, seldom enough to cost nothing. */
const LOOK_EVERY_MS = 10_000;
/** The shortest of the configured waits is looked at so often. */
const LOOKS_A_WAIT = 4;
const MINUTE_MS = 60_000;

/** Hooks that only a Claude Code that goes on calls. A prompt that is submitted is ours, or a person's. */
const SIGNS_OF_LIFE: ReadonlySet<HookBody['name']> = new Set([
  'PreToolUse',
  'PermissionRequest',
  'PostToolUse',
  'PostToolUseFailure',
  'MessageDisplay',
  'Stop',
  'StopFailure',
  'PreCompact',
  'PostCompact',
]);

/** What was seen of one run of a program. */
interface Watched {
  readonly epoch: Epoch;
  readonly novelty: ReturnType<typeof createScreenNovelty>;
  sequence: number;
  transcriptLength: number;
  answered: boolean;
}

export interface StuckWatchDependencies {
  readonly core: MissionCore;
  /** Length of a transcript in bytes; 0 for a file that is not there. */
  readonly lengthOf: (path: string) => Promise<number>;
  readonly onError: (error: unknown) => void;
}

function limitsOf({ stuck }: SlotConfiguration): StuckLimits {
  return {
    silentMs: stuck.afterMinutes * MINUTE_MS,
    toolMs: stuck.toolMinutes * MINUTE_MS,
    stepMs: stuck.stepMinutes * MINUTE_MS,
  };
}

function lookEveryMs({ silentMs, toolMs, stepMs }: StuckLimits): number {
  return Math.min(LOOK_EVERY_MS, Math.min(silentMs, toolMs, stepMs) / LOOKS_A_WAIT);
}

/** Looks at slots that work on a task, and tells each one's ladder what has been seen since the last look. */
export function createStuckWatch({ core, lengthOf, onError }: StuckWatchDependencies) {
  const watched = new Map<SlotId, Watched>();
  const lookedAt = new Map<SlotId, number>();
  const looking = new Set<SlotId>();

  function doingOf({ configuration, reading }: SlotRuntime): StuckLook['doing'] {
    const slot = core.slotSnapshot(configuration.id);
    const session = slot === undefined ? undefined : sessionOf(slot);
    if (slot === undefined || session === undefined || !session.hasTag('busy')) return 'excused';
    const { conversation } = session.context;
    const someoneTypes = personTypes(slot) || session.value.composer === 'ourDraft';
    // It tries a service again that does not answer.
    const serviceIsDown = reading?.retry !== undefined;
    if (conversation === 'compacting' || someoneTypes || serviceIsDown) return 'excused';
    return conversation === 'toolRunning' ? 'tool' : 'working';
  }

  function ofRun(slotId: SlotId, epoch: Epoch): Watched {
    const known = watched.get(slotId);
    if (known?.epoch === epoch) return known;
    const fresh: Watched = {
      epoch,
      novelty: createScreenNovelty(),
      sequence: 0,
      transcriptLength: 0,
      answered: false,
    };
    watched.set(slotId, fresh);
    return fresh;
  }

  async function signOf(slotId: SlotId, epoch: Epoch): Promise<StuckLook['sign']> {
    const run = ofRun(slotId, epoch);
    const { transcriptPath } = core.runtime(slotId);
    const [{ sequence }, text, transcriptLength] = await Promise.all([
      core.host().read(epoch),
      core.host().text(epoch),
      transcriptPath === null ? 0 : lengthOf(transcriptPath),
    ]);
    // What a daemon that comes back sees first is compared with nothing.
    const wrote = transcriptLength > run.transcriptLength && run.transcriptLength > 0;
    const drew = sequence !== run.sequence && run.sequence > 0;
    const isNew = run.novelty.isNew(text);
    const { answered } = run;
    Object.assign(run, { sequence, transcriptLength, answered: false });
    if (answered) return 'answer';
    if (wrote || isNew) return 'screen';
    return drew ? 'bytes' : null;
  }

  async function look(runtime: SlotRuntime): Promise<void> {
    const { configuration, epoch } = runtime;
    const slotId = configuration.id;
    const doing = doingOf(runtime);
    const sign = doing === 'excused' || epoch === null ? null : await signOf(slotId, epoch);
    core.sendToSlot(slotId, {
      type: 'slot.watched',
      event: {
        type: 'slot.looked',
        at: core.now(),
        taskId: core.occupied.get(slotId) ?? null,
        doing: epoch === null ? 'excused' : doing,
        sign,
        limits: limitsOf(configuration),
      },
    });
  }

  /** A slot without a task is looked at once more after it, so that its ladder stands on the ground again. */
  function isWatched({ configuration }: SlotRuntime): boolean {
    const before = core.slotSnapshot(configuration.id)?.children.stuck?.getSnapshot().context;
    return core.occupied.has(configuration.id) || (before !== undefined && before.taskId !== null);
  }

  return {
    /** Looks at every slot whose turn it is. */
    sweep(): void {
      const now = core.now();
      for (const runtime of core.runtimes.values()) {
        const slotId = runtime.configuration.id;
        const due = (lookedAt.get(slotId) ?? 0) + lookEveryMs(limitsOf(runtime.configuration));
        // A clock that was set back does not stop the looks.
        const isDue = now >= due || now < (lookedAt.get(slotId) ?? 0);
        if (looking.has(slotId) || !isDue || !isWatched(runtime)) continue;
        lookedAt.set(slotId, now);
        looking.add(slotId);
        look(runtime)
          .catch(onError)
          .finally(() => looking.delete(slotId));
      }
    },

    /** A hook of the slot's run was heard, its subagents' included. */
    hookHeard(slotId: SlotId, epoch: Epoch, hook: HookBody): void {
      if (SIGNS_OF_LIFE.has(hook.name)) ofRun(slotId, epoch).answered = true;
      if (hook.name !== 'PostToolUse' && hook.name !== 'PostToolUseFailure') return;
      const call = createHash('sha256')
        .update(JSON.stringify([hook.tool, hook.input]))
        .digest('hex');
      const failed = hook.name === 'PostToolUseFailure';
      core.sendToSlot(slotId, { type: 'slot.watched', event: { type: 'tool.ended', call, failed } });
    },
  };
}

export type StuckWatch = ReturnType<typeof createStuckWatch>;
