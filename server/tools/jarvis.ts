import { z } from 'zod';
import { LogEntryView, TraceView } from '../../actors/jarvis/jarvis-views.ts';
import { SlotId } from '../../db/ids.ts';
import { LOG_LEVELS } from '../../services/diagnostics/search-entries.ts';
import { operation } from './operation.ts';
import { Moment, momentOf } from './submit-options.ts';
import { taskIdOrPrefix } from './tasks.ts';

const MOST_ENTRIES = 500;
const Cursor = z.string().regex(/^\d{1,16}\.\d{1,9}$/, 'the `next` of a page before');

export const jarvisLogs = operation({
  name: 'mission_jarvis_logs',
  title: 'Read the log of the daemon',
  description:
    'What the daemon has written down of itself, newest first, without secrets: by least level, time, slot, task and text. `next` is the `cursor` of the following page. The log is put aside at 10 MB, and three of these are kept.',
  input: z.object({
    level: z.enum(LOG_LEVELS).default('info').describe('The least that is shown.'),
    since: Moment.optional().describe('Epoch milliseconds or ISO 8601 with a time zone.'),
    until: Moment.optional().describe('Not included.'),
    slotId: SlotId.optional(),
    taskId: z.uuid().optional(),
    text: z.string().min(1).max(200).optional().describe('Stands somewhere in the line, whatever the case.'),
    cursor: Cursor.optional(),
    limit: z.number().int().positive().max(MOST_ENTRIES).default(50),
  }),
  output: z.object({ entries: z.array(LogEntryView), next: z.string().optional() }),
  readOnly: true,
  // It tells of all slots.
  access: 'orchestrator',
  forSlots: false,
  async run({ since, until, cursor, ...filter }, { mission, signal }) {
    const [at = 0, shown = 0] = cursor?.split('.').map(Number) ?? [];
    const { entries, next } = await mission.jarvis.logs({
      ...filter,
      since: momentOf(since),
      until: momentOf(until),
      before: cursor === undefined ? undefined : { at, shown },
      signal,
    });
    return { entries: [...entries], ...(next === undefined ? {} : { next: `${next.at}.${next.shown}` }) };
  },
});

export const jarvisTrace = operation({
  name: 'mission_jarvis_trace',
  title: 'The way of a request',
  description:
    'What has become of a request, from the door to its result, with the times: handed in, given to a slot, typed, taken by Claude Code, what was judged and asked, answered, told. `trace_id` is the id of its task, or the beginning of it; without one the latest. It is told from rows, so it outlives the daemon.',
  input: z.object({ trace_id: taskIdOrPrefix.optional(), taskId: taskIdOrPrefix.optional() }),
  output: TraceView,
  readOnly: true,
  // Those of other slots are in it.
  forSlots: false,
  run: ({ trace_id, taskId }, { mission }) => mission.jarvis.trace(taskId ?? trace_id),
});

export const jarvisOperations = [jarvisLogs, jarvisTrace];
