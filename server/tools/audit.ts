import { z } from 'zod';
import { AuditEntryView, AuditKind } from '../../actors/mission/audit-views.ts';
import { ClaudeSessionId, SlotId } from '../../db/ids.ts';
import { operation } from './operation.ts';
import { Moment, momentOf } from './submit-options.ts';
import { taskIdOrPrefix } from './tasks.ts';

const MOST_ENTRIES = 500;

const filter = {
  slotId: SlotId.optional(),
  taskId: taskIdOrPrefix.optional(),
  sessionId: ClaudeSessionId.optional(),
  kind: AuditKind.optional(),
  decision: z.enum(['allow', 'confirm', 'deny']).optional(),
  since: Moment.optional().describe('Epoch milliseconds or ISO 8601 with a time zone.'),
  until: Moment.optional().describe('Not included.'),
};

/** Moments as numbers. */
function requestOf<Request extends { since?: Moment | undefined; until?: Moment | undefined }>(
  request: Request,
) {
  return { ...request, since: momentOf(request.since), until: momentOf(request.until) };
}

const counted = z.array(z.object({ name: z.string(), count: z.number().int() }));

export const auditTrace = operation({
  name: 'mission_audit_trace',
  title: 'Read the audit',
  description:
    'What was judged, asked, answered and changed, newest first: by task, slot, session, time, kind or decision. `next` is the `before` of the following page. Entries are never changed or removed.',
  input: z.object({
    ...filter,
    before: z.number().int().positive().optional().describe('Only entries with a smaller id.'),
    limit: z.number().int().positive().max(MOST_ENTRIES).default(50),
  }),
  output: z.object({ entries: z.array(AuditEntryView), next: z.number().int().optional() }),
  readOnly: true,
  // Those of other slots are in it.
  forSlots: false,
  run({ before, limit, ...request }, { mission }) {
    const { entries, ...more } = mission.audit.trace(requestOf(request), { limit, before });
    return { entries: [...entries], ...more };
  },
});

export const auditDetail = operation({
  name: 'mission_audit_detail',
  title: 'One entry of the audit',
  description: 'One entry with the others of the same question: when it was asked, who answered, and what.',
  input: z.object({ id: z.number().int().positive() }),
  output: z.object({ entry: AuditEntryView, related: z.array(AuditEntryView) }),
  readOnly: true,
  // Those of other slots are in it.
  forSlots: false,
  run({ id }, { mission }) {
    const { entry, related } = mission.audit.detail(id);
    return { entry, related: [...related] };
  },
});

export const auditStats = operation({
  name: 'mission_audit_stats',
  title: 'Count the audit',
  description:
    'How often what was decided: by decision, role, tool, rule and day (local time); and how questions were answered, by whom.',
  input: z.object(filter),
  output: z.object({
    decisions: counted,
    roles: counted,
    tools: counted,
    rules: counted,
    days: counted,
    answers: counted,
    answeredBy: counted,
  }),
  readOnly: true,
  // Those of other slots are in it.
  forSlots: false,
  run(request, { mission }) {
    const { decisions, roles, tools, rules, days, answers, answeredBy } = mission.audit.stats(
      requestOf(request),
    );
    return {
      decisions: [...decisions],
      roles: [...roles],
      tools: [...tools],
      rules: [...rules],
      days: [...days],
      answers: [...answers],
      answeredBy: [...answeredBy],
    };
  },
});

export const auditOperations = [auditTrace, auditDetail, auditStats];
