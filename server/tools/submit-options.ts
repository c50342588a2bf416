import { z } from 'zod';
import { Role } from '../../db/ids.ts';
import { Cap } from '../../services/config/budgets.ts';
import { TaskGuard } from '../../services/permissions/task-guard.ts';

/** A task may wait for a night, a weekend, a holiday; what is later belongs in a calendar. */
const LONGEST_TIMEOUT_MS = 7 * 24 * 60 * 60_000;
const MOST_RETRIES = 10;
const LONGEST_BACKOFF_MS = 60 * 60_000;
const MOST_DEPENDENCIES = 100;
const MOST_LABELS = 20;
const HIGHEST_PRIORITY = 100;
/** No file system takes a longer name. */
const LONGEST_REF = 250;

/** How long a check may take, in milliseconds. */
const checkTimeout = z.number().int().positive().max(LONGEST_TIMEOUT_MS).optional();

export const Moment = z.union([z.number().int().positive(), z.iso.datetime({ offset: true })]);

export type Moment = z.output<typeof Moment>;

/** Epoch milliseconds of a moment. A schema that transforms could not be shown to clients as JSON Schema. */
export function momentOf(at: Moment | undefined): number | undefined {
  return typeof at === 'string' ? Date.parse(at) : at;
}

const idOrPrefix = z.string().min(4, 'give at least 4 characters of the task id');

/** What may be said of a task beside who does it and what. */
export const submitOptions = {
  priority: z
    .number()
    .int()
    .min(-HIGHEST_PRIORITY)
    .max(HIGHEST_PRIORITY)
    .optional()
    .describe('Higher is served first (-100 to 100, default 0); among equals each submitter in turn.'),
  requires: z
    .array(z.string().min(1).max(64))
    .max(MOST_LABELS)
    .optional()
    .describe('Traits that a slot must have (`traits:` in slots.yaml).'),
  timeoutMs: z
    .number()
    .int()
    .positive()
    .max(LONGEST_TIMEOUT_MS)
    .optional()
    .describe(
      'How long one attempt may take, in milliseconds; then it is interrupted and tried again, or fails.',
    ),
  retries: z
    .number()
    .int()
    .min(0)
    .max(MOST_RETRIES)
    .optional()
    .describe('How often it is tried again after a lost session, a timeout or an API error (default 0).'),
  retryBackoffMs: z
    .number()
    .int()
    .min(0)
    .max(LONGEST_BACKOFF_MS)
    .optional()
    .describe('The pause before the first retry in milliseconds (default 5000); it doubles each time.'),
  dependsOn: z
    .array(idOrPrefix)
    .max(MOST_DEPENDENCIES)
    .optional()
    .describe('Tasks that must be done first. When one of them fails, this one fails too.'),
  includeResults: z
    .boolean()
    .optional()
    .describe(
      'Puts the results of dependsOn at the end of the prompt. `{{result:ID}}` in the prompt puts one in its place.',
    ),
  notBefore: Moment.optional().describe(
    'No slot takes it before: epoch milliseconds or ISO 8601 with a time zone.',
  ),
  labels: z
    .array(z.string().min(1).max(64))
    .max(MOST_LABELS)
    .optional()
    .describe('Words of yours that are shown with the task.'),
  budget: Cap.optional().describe(
    'What it may spend in all its attempts; then it is interrupted and fails. Tokens are input, output and what is written to the cache.',
  ),
  guard: TaskGuard.optional().describe(
    'What it may not do, beside what the policy says: `protectedPaths` it does not change (as in .gitignore), and no more than `maxChanges` changes of files before the command `check` (such as `npm test*`) has run.',
  ),
  verify: z
    .union([
      z.strictObject({ command: z.string().min(1), timeoutMs: checkTimeout }),
      z.strictObject({ role: Role, prompt: z.string().optional(), timeoutMs: checkTimeout }),
    ])
    .optional()
    .describe(
      'Who must agree before it counts as done: a shell `command` in the folder of the task that ends with status 0, or an agent of a `role` whose answer begins with PASS. When it does not agree and retries are left, the session is told what it said and mends it.',
    ),
  worktree: z
    .union([
      z.literal(true),
      z.strictObject({
        branch: z.string().min(1).max(LONGEST_REF).optional(),
        base: z.string().min(1).max(LONGEST_REF).optional(),
      }),
    ])
    .optional()
    .describe(
      'Does it in a git worktree of its own, in a fresh session: `true`, or `branch` (a new one; default work/<task>) and `base` (default: the commit at which the folder of the slot stands). Kept when there is work in it.',
    ),
  idempotencyKey: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Submitted again with the same key, the first task is returned instead of a second one.'),
};
