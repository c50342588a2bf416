import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startIngest } from '../../../services/conversations/start-ingest.ts';
import { createStage, role, slotId } from '../../actors/mission-stage.ts';
import { writeTranscripts } from './generate.ts';

const MEGABYTE = 1024 * 1024;
/** The daemon writes so often meanwhile: tasks that come in. */
const SUBMIT_EVERY_MS = 50;

export interface BackfillLoad {
  readonly megabytes: number;
  readonly seconds: number;
  /** How long anything else had to wait at the most, in milliseconds, and hardly ever. */
  readonly loopDelayMs: { readonly max: number; readonly p99: number };
  readonly submitMs: readonly number[];
}

/** What a daemon that takes tasks notices of a history that is read by its other thread. */
export async function measureBackfill(folder: string, megabytes: number): Promise<BackfillLoad> {
  const configDirectory = path.join(folder, 'claude-1');
  writeTranscripts(configDirectory, megabytes * MEGABYTE);
  const stage = createStage();
  try {
    const { db, raw } = stage.database();
    const mission = await stage.start({
      limits: { maxQueued: 1_000_000, roles: {} },
      conversations: {
        startIngest: (handlers) =>
          startIngest(
            {
              databaseFile: raw.name,
              personDirectory: configDirectory,
              readPerson: true,
              keepLongDays: 3_650,
              known: { secrets: [], withheldSlots: [] },
              turn: db.turn.shared,
            },
            handlers,
          ),
        prices: () => ({}),
      },
    });
    // It never comes to its prompt: the tasks stay in the queue.
    await mission.spawn(slotId, {});
    const begun = performance.now();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const submitMs: number[] = [];
    while (mission.conversations.progress().phase !== 'following') {
      const from = performance.now();
      await mission.submit({ role, prompt: 'one more' });
      submitMs.push(performance.now() - from);
      await sleep(SUBMIT_EVERY_MS);
    }
    delay.disable();
    const seconds = (performance.now() - begun) / 1_000;
    return {
      megabytes,
      seconds,
      loopDelayMs: { max: delay.max / 1e6, p99: delay.percentile(99) / 1e6 },
      submitMs,
    };
  } finally {
    await stage.close();
  }
}
