import { z } from 'zod';
import { Role } from '../../db/ids.ts';
import { GatesSchema } from './protect.ts';

/** So many waiting tasks were measured to cost nothing; more are most likely a loop that submits without end. */
const MOST_QUEUED = 10_000;

const limit = z.number().int().positive();

/** How many tasks may wait before new ones are refused. */
export const maxQueued = limit.default(MOST_QUEUED);
/** What is said of roles. */
const RoleSettings = z.strictObject({ maxQueued: limit.optional(), gates: GatesSchema.prefault({}) });
export const rolesSchema = z.partialRecord(Role, RoleSettings).default({});

export interface QueueLimits {
  readonly maxQueued: number;
  readonly roles: Readonly<Partial<Record<Role, Pick<z.output<typeof RoleSettings>, 'maxQueued'>>>>;
}
