import type { MissionDatabase } from '../db/open.ts';
import { createMemoryJobLedger } from '../services/ledger/memory-job-ledger.ts';
import type { MissionCore } from './core.ts';
import type { Recorder } from './journal.ts';
import { memoryRecorder } from './memory/memory-recorder.ts';
import { type Reactions, slotRecorders, taskRecorder } from './recorders.ts';

/** Everything that the journal writes. */
export const recordersOf = (
  core: MissionCore,
  reactions: Reactions,
  db: MissionDatabase,
): readonly Recorder[] => [
  taskRecorder(core, reactions),
  ...slotRecorders(core, reactions),
  memoryRecorder({ jobs: createMemoryJobLedger(db), bus: core.bus, now: core.now }),
];
