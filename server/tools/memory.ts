import { z } from 'zod';
import { MemoryJobView } from '../../actors/memory/memory-views.ts';
import { MEMORY_JOB_STATUSES } from '../../db/schema/memory.ts';
import { operation } from './operation.ts';

const MOST_MESSAGES = 500;
const time = z.number().describe('Epoch milliseconds.');

export const memoryPending = operation({
  name: 'mission_memory_pending',
  title: 'What waits for the memory',
  description:
    'Words of conversations that no job of the memory was given yet, as Markdown, for who extracts them by hand: keep what is worth it with mission_kb_remember, then mission_memory_done with the ids.',
  input: z.object({ limit: z.number().int().min(1).max(MOST_MESSAGES).default(50) }),
  output: z.object({ text: z.string(), messageIds: z.array(z.number().int()), total: z.number().int() }),
  readOnly: true,
  // As what conversations hold: the words of the person and of other slots.
  access: 'orchestrator',
  forSlots: false,
  run({ limit }, { mission }) {
    const { messageIds, ...rest } = mission.memory.pending(limit);
    return { ...rest, messageIds: [...messageIds] };
  },
});

export const memoryPause = operation({
  name: 'mission_memory_pause',
  title: 'Pause the memory',
  description:
    'No job begins for two hours (or `hours`), then they do again by themselves; what goes on ends. Without `paused` it is turned over.',
  input: z.object({ paused: z.boolean().optional(), hours: z.number().min(0.01).max(168).optional() }),
  output: z.object({ paused: z.boolean(), until: time.optional() }),
  readOnly: false,
  idempotent: true,
  run: ({ paused, hours }, { mission, caller }) => mission.memory.pause(paused, { hours, by: caller }),
});

export const memoryDone = operation({
  name: 'mission_memory_done',
  title: 'Say what is taken care of',
  description:
    'Marks messages of mission_memory_pending: no job for new turns is given them. `left`: ids that a job has already, or that name no message.',
  input: z.object({ message_ids: z.array(z.number().int()).min(1).max(MOST_MESSAGES) }),
  output: z.object({ marked: z.number().int(), left: z.array(z.number().int()) }),
  readOnly: false,
  idempotent: true,
  run({ message_ids }, { mission }) {
    const { marked, left } = mission.memory.done(message_ids);
    return { marked, left: [...left] };
  },
});

export const memoryStatus = operation({
  name: 'mission_memory_status',
  title: 'What the memory does',
  description:
    'Who reads for the memory or why nobody does, whether it is paused and until when, what waits, its last jobs and those that have failed.',
  input: z.object({}),
  output: z.object({
    worker: z.enum(['slot', 'router']).nullable(),
    why: z.string().optional(),
    paused: z.boolean(),
    pausedUntil: time.optional(),
    pendingRealtime: z.number().int(),
    pendingDeep: z.number().int(),
    pendingMore: z.boolean().optional().describe('More wait than were counted.'),
    jobs: z.partialRecord(z.enum(MEMORY_JOB_STATUSES), z.number().int()),
    recent: z.array(MemoryJobView),
    failed: z.array(MemoryJobView),
    lastConsolidationAt: time.optional(),
    nextConsolidationAt: time.optional(),
  }),
  readOnly: true,
  run(_, { mission }) {
    const { recent, failed, jobs, ...rest } = mission.memory.status();
    return { ...rest, jobs: { ...jobs }, recent: [...recent], failed: [...failed] };
  },
});

export const memoryRetry = operation({
  name: 'mission_memory_retry',
  title: 'Try a job of the memory again',
  description: 'Has a job that has failed tried again, with the messages that it had.',
  input: z.object({ job_id: z.string().min(1).max(36) }),
  output: MemoryJobView,
  readOnly: false,
  run: ({ job_id }, { mission }) => mission.memory.retry(job_id),
});

export const memoryOperations = [memoryPending, memoryPause, memoryDone, memoryStatus, memoryRetry];
