import { z } from 'zod';
import { Epoch, SlotId } from '../../db/ids.ts';
import { ScreenReading } from '../terminal/reading.ts';

/** Raised when a message changes its meaning; a daemon refuses a host that speaks another. */
export const PTY_HOST_PROTOCOL = 1;
/** The host takes no larger request: a prompt of 60,000 characters fits many times over. */
export const MOST_REQUEST_BYTES = 8 * 1024 * 1024;
/** The daemon takes no larger answer: the largest terminal with all its scrollback in colour fits. */
export const MOST_ANSWER_BYTES = 256 * 1024 * 1024;

const size = { columns: z.number().int().min(2).max(1_000), rows: z.number().int().min(2).max(1_000) };

const PtySpecMessage = z.object({
  epoch: Epoch,
  slotId: SlotId,
  file: z.string(),
  args: z.array(z.string()),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  ...size,
});

/** What the daemon asks. Every request is answered once, by its `id`. */
export const HostRequest = z.discriminatedUnion('method', [
  /** `pid` is the daemon's own: ending a terminal never ends the daemon, though an agent may have started it. */
  z.object({ id: z.number().int(), method: z.literal('hello'), pid: z.number().int().optional() }),
  z.object({ id: z.number().int(), method: z.literal('spawn'), spec: PtySpecMessage }),
  z.object({ id: z.number().int(), method: z.literal('list') }),
  z.object({ id: z.number().int(), method: z.literal('write'), epoch: Epoch, data: z.string() }),
  z.object({ id: z.number().int(), method: z.literal('resize'), epoch: Epoch, ...size }),
  z.object({
    id: z.number().int(),
    method: z.literal('signal'),
    epoch: Epoch,
    signal: z.enum(['SIGINT', 'SIGTERM', 'SIGKILL']),
  }),
  z.object({
    id: z.number().int(),
    method: z.literal('terminate'),
    epoch: Epoch,
    graceMs: z.number().nonnegative(),
  }),
  z.object({ id: z.number().int(), method: z.literal('read'), epoch: Epoch }),
  z.object({
    id: z.number().int(),
    method: z.literal('text'),
    epoch: Epoch,
    lines: z.number().int().positive().optional(),
  }),
  /** `id` also names the attachment in the events that follow. */
  z.object({
    id: z.number().int(),
    method: z.literal('attach'),
    epoch: Epoch,
    fromSequence: z.number().int().nonnegative().optional(),
  }),
  z.object({ id: z.number().int(), method: z.literal('detach'), attachment: z.number().int() }),
  z.object({
    id: z.number().int(),
    method: z.literal('acknowledge'),
    attachment: z.number().int(),
    sequence: z.number(),
  }),
  z.object({ id: z.number().int(), method: z.literal('forget'), epoch: Epoch }),
  z.object({ id: z.number().int(), method: z.literal('shutdown'), graceMs: z.number().nonnegative() }),
]);
export type HostRequest = z.infer<typeof HostRequest>;

export const PtyExitMessage = z.object({
  code: z.number().nullable(),
  signal: z.number().nullable(),
  at: z.number(),
});
export const PtyInfoMessage = z.object({
  epoch: Epoch,
  slotId: SlotId,
  pid: z.number().int(),
  startedAt: z.number(),
  columns: z.number().int(),
  rows: z.number().int(),
  reading: ScreenReading.nullable(),
  exit: PtyExitMessage.nullable(),
});
export const SpawnResultMessage = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), pid: z.number().int() }),
  z.object({
    ok: z.literal(false),
    reason: z.enum(['file_missing', 'cwd_missing', 'spawn_failed', 'epoch_exists']),
    message: z.string(),
  }),
]);
export const HelloMessage = z.object({ protocol: z.number(), pid: z.number().int() });

/** Why the host refuses a request. A host of another version may know reasons that this daemon does not. */
export const RefusalCode = z
  .enum(['slot_not_running', 'slot_already_running', 'input_invalid', 'internal'])
  .catch('internal');

/** What the host says: answers, and events. */
export const HostMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('answer'), id: z.number().int(), value: z.unknown() }),
  z.object({ type: z.literal('refusal'), id: z.number().int(), code: RefusalCode, message: z.string() }),
  z.object({ type: z.literal('reading'), epoch: Epoch, slotId: SlotId, reading: ScreenReading }),
  z.object({ type: z.literal('exit'), epoch: Epoch, slotId: SlotId, exit: PtyExitMessage }),
  z.object({
    type: z.literal('snapshot'),
    attachment: z.number().int(),
    snapshot: z.object({ sequence: z.number(), columns: z.number(), rows: z.number(), data: z.string() }),
  }),
  z.object({
    type: z.literal('output'),
    attachment: z.number().int(),
    sequence: z.number(),
    data: z.string(),
  }),
  z.object({
    type: z.literal('resized'),
    attachment: z.number().int(),
    columns: z.number(),
    rows: z.number(),
  }),
  z.object({ type: z.literal('viewerExit'), attachment: z.number().int(), exit: PtyExitMessage }),
]);
export type HostMessage = z.infer<typeof HostMessage>;
