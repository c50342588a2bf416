import { z } from 'zod';
import { SlotTaskView } from '../../actors/mission/slot-history.ts';
import { TaskStatus } from '../../actors/mission/views.ts';
import { SlotId } from '../../db/ids.ts';
import { operation } from './operation.ts';

/** As missiond's users know them. */
const OTHER_NAMES = { pending: 'queued', completed: 'done' } as const;

const status = z
  .union([TaskStatus, z.enum(['pending', 'completed'])])
  .transform((name) => (name === 'pending' || name === 'completed' ? OTHER_NAMES[name] : name));

export const slotHistory = operation({
  name: 'mission_slot_history',
  title: 'What slots have done',
  description:
    'Every task that a slot was given, newest first: of people, orchestrators, the autopilot and the memory (task types task, ask, message, check; realtime_extract, deep_analysis, kb_consolidation). With `stats` the counts instead.',
  input: z.object({
    slotId: SlotId.optional(),
    taskType: z.string().max(100).optional(),
    status: status.optional(),
    limit: z.number().int().min(1).max(500).default(20),
    stats: z.boolean().default(false),
  }),
  output: z.object({
    tasks: z.array(SlotTaskView).optional(),
    stats: z
      .object({
        total: z.number().int(),
        completed: z.number().int(),
        failed: z.number().int(),
        running: z.number().int(),
        totalOutput: z.number().int().describe('Tokens that the sessions have written for them.'),
        byType: z.array(
          z.object({
            taskType: z.string(),
            count: z.number().int(),
            avgDurationMs: z.number().nullable(),
          }),
        ),
      })
      .optional(),
  }),
  readOnly: true,
  run({ limit, stats, ...filter }, { mission }) {
    if (!stats) return { tasks: [...mission.slotHistory.list(filter, limit)] };
    const { byType, ...totals } = mission.slotHistory.stats(filter);
    return { stats: { ...totals, byType: [...byType] } };
  },
});

export const slotHistoryOperations = [slotHistory];
