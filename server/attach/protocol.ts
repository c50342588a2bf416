import { z } from 'zod';
import { QuestionView } from '../../actors/mission/views.ts';
import { WhyView } from '../../actors/mission/why-view.ts';

/** A paste of 60,000 characters fits many times over; anything larger is not a person at a keyboard. */
const MOST_INPUT_CHARACTERS = 1024 * 1024;

const columns = z.number().int().min(2).max(1_000);
const rows = z.number().int().min(2).max(1_000);
/** Bytes of output since the program was started; only compared, never counted with. */
const sequence = z.number().int().nonnegative();

/**
 * What `ws /pty/<slot>` says. `screen` comes first, and again whenever the viewer fell too far behind:
 * it replaces everything drawn so far. A viewer that asked for `?since=` and missed nothing gets `data` at once.
 */
export const AttachServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('screen'), data: z.string(), sequence, columns, rows }),
  /** `sequence` counts after this chunk; acknowledge it when it is drawn. */
  z.object({ type: z.literal('data'), data: z.string(), sequence }),
  z.object({
    type: z.literal('state'),
    state: z.string(),
    prevState: z.string(),
    statusText: z.string().optional(),
    conversation: z.string(),
    health: z.string().optional(),
    /** The signals, what each says, and the rule that won. */
    why: WhyView.optional(),
  }),
  z.object({ type: z.literal('confirm'), question: QuestionView }),
  z.object({ type: z.literal('title'), title: z.string() }),
  z.object({
    type: z.literal('status'),
    statusText: z.string().optional(),
    contextLeftPercent: z.number().optional(),
    health: z.string(),
  }),
  z.object({ type: z.literal('tool_output'), tool: z.string(), output: z.string(), failed: z.boolean() }),
  z.object({ type: z.literal('text_complete'), text: z.string() }),
  z.object({ type: z.literal('resized'), columns, rows }),
  /** The session's program has ended; null when a signal ended it. */
  z.object({ type: z.literal('exit'), code: z.number().int().nullable() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
]);
export type AttachServerMessage = z.infer<typeof AttachServerMessage>;

/** What a viewer says. Input and resize of a read-only viewer are answered with `error`. */
export const AttachClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('input'), data: z.string().max(MOST_INPUT_CHARACTERS) }),
  z.object({ type: z.literal('resize'), columns, rows }),
  z.object({ type: z.literal('ack'), sequence }),
]);
export type AttachClientMessage = z.infer<typeof AttachClientMessage>;

/** `?since=<sequence>&readonly=1` */
export const AttachQuery = z.object({
  since: z.coerce.number().int().nonnegative().optional(),
  readonly: z.enum(['0', '1', 'true', 'false']).optional(),
});
